/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.deqir.image.Plane;
import org.deqir.model.ModelCard;
import org.deqir.model.ModelException;
import org.deqir.model.ScheduleDescription;
import org.deqir.model.store.InstalledModel;
import org.deqir.model.store.ModelStore;
import org.deqir.network.ComputeDevice;
import org.deqir.network.checkpoint.Checkpoint;
import org.deqir.network.checkpoint.CheckpointException;
import org.deqir.network.checkpoint.ElementType;
import org.deqir.network.checkpoint.SafetensorsWriter;
import org.deqir.network.layout.GuidedDiffusionUNet;
import org.deqir.network.layout.InitialWeights;
import org.deqir.network.layout.Precision;
import org.deqir.progress.Progress;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class TrainingTest {

    private static final int PATCH = 8;

    @TempDir Path folder;

    /** Bright squares on a dark field: little to learn. */
    private static TrainingImages images(long seed) {
        final TrainingImages.Builder builder = new TrainingImages.Builder(1, 1, Long.MAX_VALUE);
        for (int n = 0; n < 10; n++) {
            final float[] samples = new float[24 * 24];
            for (int i = 0; i < samples.length; i++)
                samples[i] = (i % 24 / 6 + i / 24 / 6 + n) % 2 == 0 ? 200 : 50;
            builder.add("squares " + n, Plane.of(samples, 24, 24));
        }
        return builder.build(PATCH, seed);
    }

    private static Origin origin() {
        final GuidedDiffusionUNet network = NetworkSize.TINY.architecture(1);
        return new Origin(
                network,
                new ScheduleDescription("linear", 1e-4, 0.02, 1000),
                new InitialWeights(network, 1),
                Origin.Terms.UNSTATED,
                "chance");
    }

    private static TrainingSettings settings(long steps) {
        return new TrainingSettings(steps, 0, 4, PATCH, 2e-3, 1, 1, Precision.FLOAT32);
    }

    private Training start(long steps, String file) throws IOException {
        return Training.start(
                origin(), images(1), settings(steps), ComputeDevice.CPU, folder.resolve(file));
    }

    @Test
    void aTinyNetworkLearnsAFewImages() throws IOException {
        try (Training training = start(200, "overfit/state")) {
            training.run(TrainingMonitor.NONE);
            final List<Measurement> history = training.history();
            final Measurement first = history.get(0);
            final Measurement last = history.get(history.size() - 1);
            assertEquals(0, first.step());
            assertEquals(200, last.step());
            assertEquals(1, first.validationLoss(), 0.1, "the network begins with no answer");
            assertTrue(last.validationLoss() < 0.5 * first.validationLoss(), last.toString());
            assertTrue(last.psnr() > first.psnr() + 3, last.toString());
        }
    }

    @Test
    void aStoppedTrainingContinuesBitByBit() throws IOException {
        final List<float[]> expected;
        try (Training training = start(9, "whole/state")) {
            training.run(TrainingMonitor.NONE);
            expected = weights(training);
        }
        final Path kept = folder.resolve("parts/state");
        try (Training training = start(9, "parts/state")) {
            assertThrows(CancellationException.class, () -> training.run(until(4)));
        }
        assertEquals(4, Training.Stopped.at(kept).step());
        assertEquals(settings(9), Training.Stopped.at(kept).settings());
        try (Training training = Training.resume(kept, images(1), 9, 0, ComputeDevice.CPU)) {
            assertThrows(CancellationException.class, () -> training.run(until(7)));
        }
        try (Training training = Training.resume(kept, images(1), 9, 0, ComputeDevice.CPU)) {
            training.run(TrainingMonitor.NONE);
            final List<float[]> actual = weights(training);
            for (int i = 0; i < expected.size(); i++)
                assertArrayEquals(expected.get(i), actual.get(i));
            assertEquals(0, training.history().get(0).step(), "the history goes on");
        }
    }

    private static TrainingMonitor until(long steps) {
        return new TrainingMonitor() {
            private long taken;

            @Override
            public void stepped(long step, double share) {
                taken = step;
            }

            @Override
            public boolean isCanceled() {
                return taken == steps;
            }
        };
    }

    private static List<float[]> weights(Training training) throws IOException {
        final List<float[]> values = new ArrayList<>();
        try (Checkpoint weights = training.weights()) {
            for (final String name : weights.tensors().keySet()) values.add(weights.read(name));
        }
        return values;
    }

    @Test
    void otherImagesAreRefused() throws IOException {
        try (Training training = start(1, "other/state")) {
            training.save();
        }
        final IllegalArgumentException e =
                assertThrows(
                        IllegalArgumentException.class,
                        () ->
                                Training.resume(
                                        folder.resolve("other/state"),
                                        images(2),
                                        1,
                                        0,
                                        ComputeDevice.CPU));
        assertTrue(e.getMessage().startsWith("The images are not those"), e.getMessage());
    }

    @Test
    void aFileThatIsNoStoppedTrainingIsRefused() throws IOException {
        final Path file = folder.resolve("weights.safetensors");
        try (Training training = start(1, "any/state");
                Checkpoint weights = training.weights()) {
            SafetensorsWriter.write(file, weights, ElementType.FLOAT32, Map.of());
        }
        assertThrows(CheckpointException.class, () -> Training.Stopped.at(file));
    }

    @Test
    void theResultIsAnInstalledModel() throws IOException {
        final ModelStore store = new ModelStore(List.of(folder.resolve("models")));
        final InstalledModel installed;
        try (Training training = start(3, "state/state")) {
            training.run(TrainingMonitor.NONE);
            installed =
                    TrainedModel.install(
                            training,
                            TrainedModel.card(
                                    training, "squares.v1", "somebody", "Squares", "CC0-1.0"),
                            store,
                            "squares.v1",
                            Progress.NONE);
        }
        assertEquals(Optional.empty(), installed.problem());
        assertTrue(installed.verify(Precision.FLOAT32) < 1e-4);
        final String provenance = installed.descriptor().card().provenance();
        assertTrue(provenance.startsWith("3 training steps"), provenance);
        assertTrue(provenance.contains("validation loss"), provenance);
        assertEquals("CC0-1.0", installed.descriptor().card().licence());
        assertTrue(
                installed.descriptor().card().trainingData().startsWith("Squares: 10 images"),
                installed.descriptor().card().trainingData());
        Training.discard(folder.resolve("state/state"));
        assertFalse(Files.exists(folder.resolve("state")));
        try (Checkpoint weights = installed.weights()) {
            final Origin next = Origin.of(installed, weights);
            assertEquals("CC0-1.0", next.terms().licence());
            assertTrue(next.description().contains(installed.descriptor().weights().sha256()));
        }
    }

    /** Whatever stops it: no folder in the store, none beside the training. */
    @Test
    void anInstallationThatFailsLeavesNothing() throws IOException {
        final Path models = folder.resolve("models");
        final ModelStore store = new ModelStore(List.of(models));
        try (Training training = start(2, "state/state")) {
            training.run(TrainingMonitor.NONE);
            training.save();
            final ModelCard card = TrainedModel.card(training, "Squares", "a", "b", "CC0-1.0");
            TrainedModel.install(training, card, store, "Squares", Progress.NONE);
            final List<String> before = below(folder);
            assertInstallFails(ModelException.class, training, card, store, "squares", 0);
            assertInstallFails(ModelException.class, training, card, store, "../squares", 0);
            assertInstallFails(ModelException.class, training, card, store, "scratch", 0);
            // After some weights, and after all of them: those are 80 % of the work.
            for (final double at : new double[] {0.1, 0.4, 0.8})
                assertInstallFails(CancellationException.class, training, card, store, "other", at);
            assertEquals(before, below(folder));
        }
    }

    private static void assertInstallFails(
            Class<? extends Exception> expected,
            Training training,
            ModelCard card,
            ModelStore store,
            String name,
            double cancelledAt) {
        final Progress cancelled =
                new Progress() {
                    private double fraction;

                    @Override
                    public void update(String stage, double now) {
                        fraction = now;
                    }

                    @Override
                    public boolean isCanceled() {
                        return fraction >= cancelledAt;
                    }
                };
        assertThrows(expected, () -> TrainedModel.install(training, card, store, name, cancelled));
    }

    private static List<String> below(Path folder) throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            return paths.map(Path::toString).sorted().toList();
        }
    }

    @Test
    void settingsAreChecked() {
        assertThrows(IllegalArgumentException.class, () -> settings(0));
        assertThrows(
                IllegalArgumentException.class,
                () -> new TrainingSettings(1, 0, 4, 8, 0.5, 1, 1, Precision.FLOAT32));
        final IllegalArgumentException e =
                assertThrows(
                        IllegalArgumentException.class,
                        () ->
                                Training.requireFit(
                                        NetworkSize.MEDIUM.architecture(1),
                                        new TrainingSettings(
                                                1, 0, 4, 20, 1e-3, 1, 1, Precision.FLOAT32)));
        assertTrue(e.getMessage().contains("multiples of 8"), e.getMessage());
    }

    @Test
    void sizesAreAsDescribed() {
        final List<Long> weights = new ArrayList<>();
        for (final NetworkSize size : NetworkSize.values())
            weights.add(
                    size.architecture(1).program(Precision.FLOAT32).parameters().values().stream()
                            .mapToLong(Shape::size)
                            .sum());
        assertEquals(List.of(776_033L, 2_961_889L, 8_132_001L, 45_501_185L), weights);
    }
}
