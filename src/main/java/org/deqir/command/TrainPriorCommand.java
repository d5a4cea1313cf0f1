/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import org.deqir.command.base.DeqirCommand;
import org.deqir.command.group.DeviceKeys;
import org.deqir.command.group.KeyGroup;
import org.deqir.command.image.TrainingSource;
import org.deqir.command.key.KeptTraining;
import org.deqir.command.key.Keys;
import org.deqir.command.prior.PriorService;
import org.deqir.command.ui.TrainingDisplay;
import org.deqir.model.ModelException;
import org.deqir.model.ScheduleDescription;
import org.deqir.model.store.InstalledModel;
import org.deqir.model.store.ModelStore;
import org.deqir.network.ComputeDevice;
import org.deqir.network.checkpoint.Checkpoint;
import org.deqir.network.layout.GuidedDiffusionUNet;
import org.deqir.network.layout.InitialWeights;
import org.deqir.network.layout.Precision;
import org.deqir.progress.Progress;
import org.deqir.training.NetworkSize;
import org.deqir.training.Origin;
import org.deqir.training.TrainedModel;
import org.deqir.training.Training;
import org.deqir.training.Training.Stopped;
import org.deqir.training.TrainingImages;
import org.deqir.training.TrainingSettings;
import org.scijava.ItemVisibility;
import org.scijava.command.Command;
import org.scijava.plugin.Attr;
import org.scijava.plugin.Menu;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;

/**
 * Plugins ▸ DeqIR ▸ DeqIR Train Prior...: trains a prior on one's own images and installs it.
 *
 * <p>The state of the training is kept in {@code models/deqir-training/<name>} of the ImageJ folder
 * until the model is installed; a training that was stopped can be continued, or installed as it
 * is.
 */
@Plugin(
        type = Command.class,
        menu = {
            @Menu(label = "Plugins"),
            @Menu(label = "DeqIR"),
            @Menu(label = "DeqIR Train Prior...", weight = 32)
        },
        iconPath = DeqirCommand.ICON,
        headless = true,
        attrs = @Attr(name = DeqirCommand.HELP, value = DeqirCommand.HELP_PAGE))
public class TrainPriorCommand extends DeqirCommand {

    private static final String SCRATCH = "scratch";
    private static final String CHECKPOINT = "state.safetensors";
    private static final double RATE_FROM_SCRATCH = 5e-4;
    private static final double RATE_OF_FINE_TUNING = 1e-4;

    /** The schedule of the published networks and of those that are shipped. */
    private static final ScheduleDescription SCHEDULE =
            new ScheduleDescription("linear", 1e-4, 0.02, 1000);

    @Parameter(
            label = "Image or folder",
            description =
                    "Images to train on: title of an open image, or a folder; empty for the active"
                            + " image.",
            style = Keys.FILE_OR_FOLDER)
    private String source = "";

    @Parameter(
            label = "Slices",
            description = "Of an open image: all, current, or positions such as 2-7 or 1,3,5-6.")
    private String slices = "all";

    @Parameter(
            label = "Shrink (times)",
            description = "Blocks of so many pixels along each side become one, before training.",
            min = "1",
            max = "16")
    private Integer shrink = 1;

    @Parameter(
            label = "Data",
            description = "What the images are and who may use them; stands in the model.")
    private String data = "Own images";

    @Parameter(visibility = ItemVisibility.MESSAGE, required = false)
    private final String priorheading = "<html><b>Prior</b>";

    @Parameter(
            label = "Base",
            description =
                    "The installed model to go on from; auto for the first that fits the images,"
                            + " scratch for a new network.")
    private String base = PriorService.AUTO;

    @Parameter(
            label = "Size if new",
            description = "Size of a new network; without effect on a base model.",
            choices = {"tiny", "small", "medium", "large"})
    private String size = "medium";

    @Parameter(
            label = "Name of result",
            description = "Name of the new model: letters, digits, dots, dashes, underscores.")
    private String name = "";

    @Parameter(label = "Author", description = "Who trained the model; stands in the model.")
    private String author = "not stated";

    @Parameter(
            label = "Licence",
            description = "SPDX identifier of the result's licence; empty for that of the base.")
    private String licence = "";

    @Parameter(visibility = ItemVisibility.MESSAGE, required = false)
    private final String trainingheading = "<html><b>Training</b>";

    @Parameter(
            label = "Time (min)",
            description = "Time after which the training ends; 0 for no limit.",
            min = "0",
            max = "100000")
    private Double minutes = 30.0;

    @Parameter(
            label = "Steps (0: no limit)",
            description =
                    "Steps after which it ends; 0 for no limit. In a macro, steps alone means no"
                            + " limit of time.",
            min = "0",
            max = "100000000")
    private Integer steps = 0;

    @Parameter(
            label = "Batch (patches)",
            description = "Patches per step.",
            min = "1",
            max = "1024")
    private Integer batch = 16;

    @Parameter(label = "Patch (px)", description = "Side of a patch.", min = "8", max = "1024")
    private Integer patch = 64;

    @Parameter(
            label = "Learning rate (0: usual)",
            description =
                    "Largest learning rate; 0 for 0.0005 with a new network and 0.0001 with a base"
                            + " model.",
            min = "0",
            max = "0.1")
    private Double rate = 0.0;

    @Parameter(
            label = "Enlarge up to (times)",
            description =
                    "Half of the patches are enlarged up to so many times, as oversampled images"
                            + " are; 1 for none.",
            min = "1",
            max = "8")
    private Double enlarge = 1.0;

    @Parameter(label = "Seed", description = "The same seed, steps and images give the same model.")
    private Long seed = 1L;

    @Parameter(
            label = "Resume",
            description =
                    "What to do with a stopped training of this name: no, continue it, or install"
                            + " it as it is.",
            choices = {"no", "continue", "install"})
    private String resume = "no";

    @KeyGroup private final DeviceKeys hardware = new DeviceKeys();

    @Parameter(visibility = ItemVisibility.MESSAGE, required = false)
    private String runson = "";

    @Parameter private PriorService priors;

    @Override
    protected boolean needsImage() {
        return false;
    }

    @Override
    public String statusKey() {
        return "runson";
    }

    /** Says what the training will run on, or why it cannot. */
    @Override
    public void updateStatus() {
        try {
            priors.prepare(Progress.NONE);
            runson = "Runs on: " + ComputeDevice.of(hardware.device).label();
        } catch (IllegalArgumentException | IllegalStateException e) {
            runson = e.getMessage();
        }
    }

    @Override
    public Set<String> expertKeys() {
        return Set.of("seed", "precision");
    }

    @Override
    protected Map<String, List<String>> dialogChoices() {
        final List<String> bases = new ArrayList<>(priors.choices());
        bases.add(SCRATCH);
        return Map.of("base", bases);
    }

    @Override
    public Set<String> idleKeys() {
        final Set<String> idle = new HashSet<>();
        if (!base.equals(SCRATCH)) idle.add("size");
        if (resume.equals("no")) return idle;
        idle.addAll(
                Set.of(
                        "shrink",
                        "base",
                        "size",
                        "batch",
                        "patch",
                        "rate",
                        "enlarge",
                        "seed",
                        "precision"));
        if (resume.equals("install"))
            idle.addAll(Set.of("source", "slices", "minutes", "steps", "device"));
        return idle;
    }

    @Override
    protected void execute(Progress progress) {
        try {
            requireName();
        } catch (ModelException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        final Path kept =
                priors.modelFolder()
                        .resolveSibling("deqir-training")
                        .resolve(name)
                        .resolve(CHECKPOINT);
        try {
            KeptTraining.requireState(kept, name, resume);
            priors.prepare(progress);
            final String description;
            try (Training training = training(kept, progress)) {
                if (!resume.equals("install")) {
                    final TrainingDisplay display = new TrainingDisplay(name, progress, log);
                    training.run(display);
                }
                TrainedModel.install(
                        training,
                        TrainedModel.card(training, name, author, data, licence),
                        store(),
                        name,
                        progress);
                description = training.describe();
            }
            Training.discard(kept);
            log.info("DeqIR installed the model " + name + ": " + description);
        } catch (CancellationException e) {
            if (Files.exists(kept))
                log.info(
                        "DeqIR stopped the training of "
                                + name
                                + "; resume=continue goes on, resume=install installs it as it is ("
                                + kept
                                + ")");
            throw e;
        } catch (ArithmeticException
                | UncheckedIOException
                | IOException
                | IllegalStateException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private void requireName() throws ModelException {
        if (name.isBlank())
            throw new IllegalArgumentException("name is missing: give the new model a name.");
        store().requireNewName(name);
    }

    private ModelStore store() {
        return new ModelStore(List.of(priors.modelFolder()));
    }

    private Training training(Path kept, Progress progress) throws IOException {
        return switch (resume) {
            case "install" -> Training.stopped(kept);
            case "continue" -> continued(kept, progress);
            default -> started(kept, progress);
        };
    }

    /** The stopped training with its own settings; a new end, if one is given. */
    private Training continued(Path kept, Progress progress) throws IOException {
        final Stopped stopped = Stopped.at(kept);
        final TrainingSettings settings = stopped.settings();
        final boolean newEnd = isGiven("steps") || isGiven("minutes");
        return Training.resume(
                kept,
                new TrainingSource(source, image, slices)
                        .read(stopped.channels(), stopped.shrink(), progress)
                        .build(settings.patch(), settings.seed()),
                newEnd ? steps : settings.steps(),
                newEnd ? limitOfTime() : settings.minutes(),
                ComputeDevice.of(hardware.device));
    }

    private Training started(Path kept, Progress progress) throws IOException {
        final TrainingSource images = new TrainingSource(source, image, slices);
        final ComputeDevice used = ComputeDevice.of(hardware.device);
        if (base.equals(SCRATCH)) {
            final GuidedDiffusionUNet network =
                    NetworkSize.named(size).architecture(images.channels());
            final Origin origin =
                    new Origin(
                            network,
                            SCHEDULE,
                            new InitialWeights(network, seed),
                            Origin.Terms.UNSTATED,
                            "random weights of a " + size + " network");
            return started(origin, images, RATE_FROM_SCRATCH, used, kept, progress);
        }
        final InstalledModel model = priors.model(base, List.of(images.channels()));
        try (Checkpoint weights = model.weights()) {
            return started(
                    Origin.of(model, weights), images, RATE_OF_FINE_TUNING, used, kept, progress);
        }
    }

    private Training started(
            Origin origin,
            TrainingSource images,
            double usualRate,
            ComputeDevice used,
            Path kept,
            Progress progress)
            throws IOException {
        TrainingSettings settings =
                new TrainingSettings(
                        steps,
                        limitOfTime(),
                        batch,
                        patch,
                        rate > 0 ? rate : usualRate,
                        enlarge,
                        seed,
                        hardware.precision.equals("bfloat16")
                                ? Precision.BFLOAT16
                                : Precision.FLOAT32);
        Training.requireFit(origin.architecture(), settings);
        final TrainingImages split =
                images.read(origin.architecture().channels(), shrink, progress).build(patch, seed);
        log.info("DeqIR trains on " + split.describe());
        if (hardware.precision.equals("auto")) {
            progress.update("Measuring which number format is faster", 0);
            settings = settings.with(Training.fasterPrecision(origin, settings, used));
        }
        return Training.start(origin, split, settings, used, kept);
    }

    /** A limit of steps alone means no limit of time, where nobody gave one. */
    private double limitOfTime() {
        return steps > 0 && !isGiven("minutes") ? 0 : minutes;
    }
}
