/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.training;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import org.deqir.diffusion.NoiseSchedule;
import org.deqir.model.ScheduleDescription;
import org.deqir.network.AdamStep;
import org.deqir.network.ComputeDevice;
import org.deqir.network.TrainableNetwork;
import org.deqir.network.checkpoint.Checkpoint;
import org.deqir.network.checkpoint.CheckpointException;
import org.deqir.network.checkpoint.Safetensors;
import org.deqir.network.layout.NetworkArchitecture;
import org.deqir.network.layout.Precision;

/**
 * Trains a network to predict the noise in patches of images (Ho et al. 2020, eq. 14) with Adam, a
 * learning rate that rises and falls, and a moving average of the weights, which is the result.
 *
 * <p>With a limit of steps, the same images, settings and number of threads give the same bits,
 * whether the training ran at once or was stopped and resumed.
 *
 * <pre>{@code
 * try (Training training = Training.start(origin, images, settings, device, file)) {
 *     training.run(TrainingMonitor.NONE);
 *     TrainedModel.install(training, card, store, name, progress);
 * }
 * }</pre>
 */
public final class Training implements AutoCloseable {

    private static final double SECONDS_BETWEEN_MEASUREMENTS = 15;
    private static final double SECONDS_BETWEEN_CHECKPOINTS = 120;
    private static final double SECONDS_BETWEEN_SAMPLES = 120;

    /** Measuring takes at most this share of the time. */
    private static final double MEASURING = 0.05;

    private static final int SAMPLES = 4;

    private final TrainingState state;
    private final TrainableNetwork network;
    private final Path checkpoint;
    private final Batches batches;
    private final Validation validation;

    private Training(
            TrainingState state, TrainableNetwork network, TrainingImages images, Path checkpoint) {
        this.state = state;
        this.network = network;
        this.checkpoint = checkpoint;
        if (images == null) {
            batches = null;
            validation = null;
            return;
        }
        final TrainingSettings settings = state.settings;
        final NoiseSchedule schedule = state.schedule.schedule();
        batches =
                new Batches(
                        new PatchSampler(images.training(), settings.patch(), settings.enlarge()),
                        schedule,
                        settings.batch(),
                        settings.seed());
        validation =
                new Validation(
                        images.heldOut(),
                        schedule,
                        settings.patch(),
                        settings.batch(),
                        settings.seed());
    }

    /**
     * A training before its first step.
     *
     * @param origin what the training begins with: a new network or a model's
     * @param images what to learn from
     * @param settings limits, patches and precision
     * @param device what to compute on, one that this computer has
     * @param checkpoint file to keep the state in, now and then and when the training is stopped;
     *     its folder is created, a file of this name replaced
     * @return the training; the caller closes it
     * @throws IllegalArgumentException if images, settings and network do not fit together
     * @throws IllegalStateException if PyTorch cannot start on this computer
     * @throws IOException if the model's weights cannot be read
     */
    public static Training start(
            Origin origin,
            TrainingImages images,
            TrainingSettings settings,
            ComputeDevice device,
            Path checkpoint)
            throws IOException {
        final NetworkArchitecture architecture = origin.architecture();
        requireFit(architecture, settings);
        if (architecture.channels() != images.channels())
            throw new IllegalArgumentException(
                    "The network is for images of %s channels, but the images have %s."
                            .formatted(architecture.channels(), images.channels()));
        final TrainingState state = new TrainingState();
        state.layout = architecture.layout();
        state.configuration = architecture.configuration();
        state.schedule = origin.schedule();
        state.settings = settings;
        state.origin = origin.description();
        state.terms = origin.terms();
        state.images = images.describe();
        state.shrink = images.shrink();
        state.fingerprint = images.fingerprint();
        return new Training(
                state,
                TrainableNetwork.start(
                        architecture, origin.weights(), settings.precision(), device),
                images,
                checkpoint);
    }

    /**
     * What must be known of a stopped training to gather its images again.
     *
     * @param settings its settings
     * @param channels channels of its images
     * @param shrink by how much its images are shrunk
     * @param step steps taken
     */
    public record Stopped(TrainingSettings settings, int channels, int shrink, long step) {

        /**
         * Looks into a checkpoint.
         *
         * @return what the file says
         * @throws CheckpointException if the file is not one of a training
         */
        public static Stopped at(Path checkpoint) throws IOException {
            try (Safetensors file = Safetensors.open(checkpoint)) {
                final TrainingState state = TrainingState.read(file);
                return new Stopped(
                        state.settings, state.architecture().channels(), state.shrink, state.step);
            }
        }
    }

    /**
     * A stopped training.
     *
     * @param checkpoint the file that it kept
     * @param images the same images as before
     * @param steps new limit of steps
     * @param minutes new limit of time, that of earlier runs included
     * @param device what to compute on, one that this computer has
     * @return the training; the caller closes it
     * @throws CheckpointException if the file is not one of a training
     * @throws IllegalArgumentException if the images are others
     */
    public static Training resume(
            Path checkpoint,
            TrainingImages images,
            long steps,
            double minutes,
            ComputeDevice device)
            throws IOException {
        try (Safetensors file = Safetensors.open(checkpoint)) {
            final TrainingState state = TrainingState.read(file);
            if (!state.fingerprint.equals(images.fingerprint()))
                throw new IllegalArgumentException(
                        "The images are not those of the stopped training (%s); now there are %s."
                                .formatted(state.images, images.describe()));
            state.settings = state.settings.until(steps, minutes);
            return new Training(
                    state,
                    TrainableNetwork.resume(
                            state.architecture(), file, state.settings.precision(), device),
                    images,
                    checkpoint);
        }
    }

    /**
     * A stopped training as it is, to be installed; it cannot go on.
     *
     * @return the training; the caller closes it
     * @throws CheckpointException if the file is not one of a training
     */
    public static Training stopped(Path checkpoint) throws IOException {
        try (Safetensors file = Safetensors.open(checkpoint)) {
            final TrainingState state = TrainingState.read(file);
            return new Training(
                    state,
                    TrainableNetwork.resume(
                            state.architecture(), file, Precision.FLOAT32, ComputeDevice.CPU),
                    null,
                    checkpoint);
        }
    }

    /**
     * Checks that patches fit a network.
     *
     * @throws IllegalArgumentException if not
     */
    public static void requireFit(NetworkArchitecture architecture, TrainingSettings settings) {
        if (settings.patch() % architecture.stride() != 0)
            throw new IllegalArgumentException(
                    "patch = %s does not fit: the network takes multiples of %s pixels."
                            .formatted(settings.patch(), architecture.stride()));
    }

    /** {@return the network; with {@link #schedule}, it is what a model is made of} */
    public NetworkArchitecture architecture() {
        return network.architecture();
    }

    /** {@return the noise schedule} */
    public ScheduleDescription schedule() {
        return state.schedule;
    }

    /** {@return the averaged weights as they are now; to be read before this training is closed} */
    public Checkpoint weights() {
        return network.averaged();
    }

    /** Terms of use of the weights that the training started from. */
    Origin.Terms terms() {
        return state.terms;
    }

    /** {@return all measurements so far, those of earlier runs included} */
    public List<Measurement> history() {
        return List.copyOf(state.history);
    }

    /** {@return what was done, for people: origin, images, steps, losses} */
    public String describe() {
        final String done =
                String.format(
                        Locale.ROOT,
                        "%d training steps (%.1f min on the %s) from %s on %s; %s",
                        state.step,
                        state.seconds / 60,
                        network.device(),
                        state.origin,
                        state.images,
                        state.settings.describe());
        if (state.history.isEmpty()) return done;
        final Measurement first = state.history.get(0);
        final Measurement last = state.history.get(state.history.size() - 1);
        return done
                + String.format(
                        Locale.ROOT,
                        "; validation loss %.5f at the beginning, %.5f at the end; denoising of"
                                + " held-out patches at 25 of 255 grey levels %.2f dB, then %.2f"
                                + " dB",
                        first.validationLoss(),
                        last.validationLoss(),
                        first.psnr(),
                        last.psnr());
    }

    /** {@return what the training images were, for people} */
    public String images() {
        return state.images;
    }

    /**
     * Trains until the limit of steps or time.
     *
     * @param monitor told of measurements and samples, and asked after each step whether to stop
     * @throws CancellationException if the monitor stopped the training; the checkpoint holds all
     *     of it
     * @throws ArithmeticException if the loss is not finite any more; the checkpoint holds an
     *     earlier state
     * @throws IOException if the checkpoint cannot be written
     * @throws IllegalStateException if the training was opened without its images
     */
    public void run(TrainingMonitor monitor) throws IOException {
        if (batches == null) throw new IllegalStateException("This training has no images.");
        final long start = System.nanoTime();
        final double before = state.seconds;
        double measured = Double.NEGATIVE_INFINITY;
        double pause = SECONDS_BETWEEN_MEASUREMENTS;
        double saved = before;
        double shown = Double.NEGATIVE_INFINITY;
        if (state.history.isEmpty()) {
            save(); // whatever keeps it from being written is told now, not after hours
            measure(monitor);
        }
        while (state.settings.share(state.step, state.seconds) < 1) {
            if (monitor.isCanceled()) {
                save();
                throw new CancellationException("canceled by the user");
            }
            takeStep();
            state.seconds = before + (System.nanoTime() - start) * 1e-9;
            final double share = state.settings.share(state.step, state.seconds);
            monitor.stepped(state.step, share);
            if (state.seconds >= measured + pause || share == 1) {
                final long begin = System.nanoTime();
                measure(monitor);
                measured = state.seconds;
                pause =
                        Math.max(
                                SECONDS_BETWEEN_MEASUREMENTS,
                                (System.nanoTime() - begin) * 1e-9 / MEASURING);
            }
            if (state.seconds >= shown + SECONDS_BETWEEN_SAMPLES || share == 1) {
                monitor.sampled(validation.samples(network, SAMPLES));
                shown = state.seconds;
            }
            if (state.seconds >= saved + SECONDS_BETWEEN_CHECKPOINTS) {
                save();
                saved = state.seconds;
            }
        }
        save();
    }

    private void takeStep() {
        final long k = state.step + 1;
        final double factor = LearningRate.factor(state.settings.share(k, state.seconds));
        final AdamStep step = new AdamStep(state.settings.rate() * factor, LearningRate.kept(k));
        final double loss;
        try {
            loss = batches.at(k).step(network, step, k);
        } catch (ArithmeticException e) {
            throw new ArithmeticException(
                    "The training diverged at step %s (%s): a lower rate than %s may help."
                            .formatted(k, e.getMessage(), state.settings.rate()));
        }
        state.step = k;
        state.lossSum += loss;
        state.lossCount++;
    }

    private void measure(TrainingMonitor monitor) {
        final Validation.Score score = validation.measure(network);
        final Measurement measurement =
                new Measurement(
                        state.step,
                        state.seconds,
                        state.lossSum / state.lossCount,
                        score.loss(),
                        score.psnr());
        state.lossSum = 0;
        state.lossCount = 0;
        state.history.add(measurement);
        monitor.measured(measurement);
    }

    /**
     * Writes the checkpoint.
     *
     * @throws IOException if the file cannot be written
     */
    public void save() throws IOException {
        state.write(checkpoint, network);
    }

    /**
     * {@return the precision that is faster for such a training on this computer, measured with a
     * few steps of a copy of the network}
     *
     * @param origin what the training begins with
     * @param settings that have the patches; their own precision does not count
     * @param device what to compute on, one that this computer has
     * @throws IOException if the model's weights cannot be read
     */
    public static Precision fasterPrecision(
            Origin origin, TrainingSettings settings, ComputeDevice device) throws IOException {
        return TrainingPrecision.faster(origin, settings.batch(), settings.patch(), device);
    }

    /**
     * Deletes a checkpoint that is not needed any more, and its folder if nothing else is in it.
     *
     * @throws IOException if the file cannot be deleted
     */
    public static void discard(Path checkpoint) throws IOException {
        Files.deleteIfExists(checkpoint);
        final Path folder = checkpoint.toAbsolutePath().getParent();
        try (var rest = Files.list(folder)) {
            if (rest.findAny().isPresent()) return;
        }
        Files.delete(folder);
    }

    @Override
    public void close() {
        network.close();
    }
}
