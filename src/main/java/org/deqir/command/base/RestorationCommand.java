/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.base;

import ij.ImagePlus;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.deqir.Restorer;
import org.deqir.Sampling;
import org.deqir.Sampling.Mode;
import org.deqir.Sampling.SolverChoice;
import org.deqir.command.group.DeviceKeys;
import org.deqir.command.group.KeyGroup;
import org.deqir.command.group.SliceKeys;
import org.deqir.command.image.OutputPlace;
import org.deqir.command.image.PlaneSource;
import org.deqir.command.image.Provenance;
import org.deqir.command.image.Region;
import org.deqir.command.image.SliceSelection;
import org.deqir.command.key.Keys;
import org.deqir.command.prior.PriorService;
import org.deqir.command.prior.PriorUse;
import org.deqir.command.task.CostSentence;
import org.deqir.command.task.PlaneOptimization;
import org.deqir.command.task.RestorationPreview;
import org.deqir.command.task.RestorationRunner;
import org.deqir.command.task.RestorationTask;
import org.deqir.command.task.Restored;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.progress.Progress;
import org.scijava.ItemIO;
import org.scijava.ItemVisibility;
import org.scijava.command.Previewable;
import org.scijava.plugin.Parameter;

/**
 * The keys that all restoring commands share, and the way from them to a result.
 *
 * <p>A command adds the keys of its task and turns them into a {@link RestorationTask}; {@link
 * RestorationRunner} does the rest.
 */
public abstract class RestorationCommand extends ChainCommand implements Previewable {

    /** The log tells about the noise of the first slices, the info about that of all. */
    private static final int LOGGED_FINDINGS = 3;

    private static final List<String> SHARED =
            joined(
                    "samplingheading model mode samples seed slices output warm steps solver"
                            + " iterations tolerance",
                    "precision device preview cost");

    private static final Set<String> EXPERT =
            Set.copyOf(joined("warm steps solver iterations tolerance", "precision device"));

    @Parameter(visibility = ItemVisibility.MESSAGE, required = false)
    private final String samplingheading = "<html><b>Prior and sampling</b>";

    @Parameter(
            label = "Model",
            description = "The installed prior; auto takes the first that fits the image.")
    private String model = PriorService.AUTO;

    @Parameter(
            label = "Mode",
            description =
                    "fidelity: the best estimate, for measuring; sample: one plausible image;"
                            + " published: the method as its authors published it, for"
                            + " comparison.",
            choices = {"fidelity", "sample", "published"})
    private String mode = "fidelity";

    @Parameter(
            label = "Samples",
            description =
                    "More than one give an image of the standard deviation as well; except with"
                            + " mode=fidelity the result is their mean.",
            min = "1",
            max = "1000")
    private Integer samples = 1;

    @Parameter(label = "Seed", description = "The same seed gives the same pixels.")
    private Long seed = 1L;

    @KeyGroup protected final SliceKeys which = new SliceKeys("all");

    @Parameter(
            label = "Output",
            description =
                    "Empty to show the result; full path of a folder, of a .tif or of an .ome.zarr to"
                            + " write it there slice by slice.",
            style = Keys.FILE_OR_FOLDER)
    private String output = "";

    @Parameter(
            label = "Warm start",
            description =
                    "Starts each slice from the restored one before where they are similar: faster,"
                            + " but a slice's result then depends on that slice.")
    private Boolean warm = false;

    @Parameter(
            label = "Steps",
            description =
                    "Number of noise levels; 0 for as many as the task needs, 25 where published.",
            min = "0",
            max = "1000")
    private Integer steps = 0;

    @Parameter(
            label = "Solver",
            description =
                    "How the noise levels are solved for; the result is the same, but where published,"
                            + " whose few rounds of anderson (auto) end before.",
            choices = {"auto", "sequential", "parallel fixed point", "anderson", "triangular"})
    private String solver = "auto";

    @Parameter(
            label = "Iterations",
            description =
                    "Most rounds of a parallel solver; 0 for as many as it needs, 15 where"
                            + " published.",
            min = "0",
            max = "10000")
    private Integer iterations = 0;

    @Parameter(
            label = "Tolerance",
            description = "Relative residual of a settled noise level; 0 for the solver's own.",
            min = "0",
            max = "0.99")
    private Double tolerance = 0.0;

    @KeyGroup private final DeviceKeys hardware = new DeviceKeys();

    @Parameter(
            label = "Preview",
            description = "Shows the visible part of the current slice, restored.")
    private Boolean preview = false;

    @Parameter(visibility = ItemVisibility.MESSAGE, required = false)
    private String cost = "";

    @Parameter private PriorService priors;

    @Parameter(type = ItemIO.OUTPUT, label = "Standard deviation")
    private ImagePlus uncertainty;

    @Parameter(type = ItemIO.OUTPUT, label = "Restored image")
    private ImagePlus result;

    /** Where the result of the run goes. */
    private OutputPlace place;

    private final RestorationPreview previewWindow = new RestorationPreview();
    private final AtomicInteger previewTurn = new AtomicInteger();

    /**
     * What to restore, from the keys of the task.
     *
     * @throws IllegalArgumentException if a key is not acceptable, with a sentence for the user
     */
    public abstract RestorationTask task(PlaneSource source);

    @Override
    protected List<String> lastKeys() {
        return SHARED;
    }

    @Override
    public Set<String> expertKeys() {
        return EXPERT;
    }

    @Override
    public Set<String> idleKeys() {
        final Set<String> idle = new HashSet<>();
        if (solver.equals("sequential")) idle.addAll(Set.of("iterations", "tolerance"));
        if (!canWriteFiles()) idle.addAll(Set.of("output", "warm"));
        if (isPublished()) idle.add("warm");
        idle.addAll(idleChainKeys(solver));
        return idle;
    }

    @Override
    public String statusKey() {
        return "cost";
    }

    @Override
    protected Map<String, List<String>> dialogChoices() {
        final Map<String, List<String>> choices = new HashMap<>();
        choices.put("model", priors.choices());
        choices.put("start", List.of("auto", "guess", "noise"));
        return choices;
    }

    /** How the start of the chain is optimised; not at all where the command has no such keys. */
    protected PlaneOptimization optimization(RestorationTask task) {
        return PlaneOptimization.NONE;
    }

    /** What of each selected plane changes. */
    protected Region region(RestorationTask task, SliceSelection selection) {
        return task.region(selection);
    }

    @Override
    protected final Mode mode() {
        return switch (mode) {
            case "sample" -> Mode.SAMPLE;
            case "published" -> Mode.PUBLISHED;
            default -> Mode.FIDELITY; // names that do not exist are refused when the run begins
        };
    }

    /** How to compute the answer, as the keys state it. */
    public Sampling sampling() {
        if (warm) requireOther("warm = true is not used in", "starts each slice anew");
        return Sampling.DEFAULT
                .of(mode(), SolverChoice.named(solver), chainOptions())
                .withSteps(steps)
                .withIterations(iterations)
                .withTolerance(tolerance)
                .withSamples(samples)
                .withSeed(seed);
    }

    @Override
    protected final void execute(Progress progress) {
        cancel();
        final RestorationTask task = task(PlaneSource.of(image));
        final SliceSelection selection = which.of(image);
        final Region region = region(task, selection);
        place = OutputPlace.parse(output, image);
        if (!place.isMemory() && !canWriteFiles())
            throw new IllegalArgumentException(
                    "output = '" + output + "': this result is only shown; leave output empty.");
        priors.prepare(progress);
        try (PriorUse use = prior(task)) {
            result = compute(use.prior(), task, selection, region, progress);
        }
        show(outputs());
    }

    /** Computes the result and, where there are samples, their spread. */
    protected ImagePlus compute(
            DiffusionPrior prior,
            RestorationTask task,
            SliceSelection selection,
            Region region,
            Progress progress) {
        try (Restored restored =
                runner(prior, task).run(task, selection, region, place, progress)) {
            task.notices.forEach(log::info);
            restored.findings().stream().limit(LOGGED_FINDINGS).forEach(log::info);
            restored.notices().stream().limit(LOGGED_FINDINGS).forEach(log::info);
            uncertainty = restored.uncertainty();
            final Provenance provenance = provenance(restored, prior);
            task.notices.forEach(notice -> provenance.add("notice", notice));
            provenance.writeTo(restored.result());
            if (uncertainty != null) provenance.writeTo(uncertainty);
            if (restored.exposures() != null) provenance.writeTo(restored.exposures());
            takeExposures(restored.exposures());
            restored.finish();
            return restored.result();
        }
    }

    /** The images of a run, the last one on top. */
    protected String[] outputs() {
        return new String[] {"uncertainty", "result"};
    }

    /** Takes the image of how many exposures entered each pixel, or null. */
    protected void takeExposures(ImagePlus exposures) {}

    /**
     * {@return what restores plane after plane, with the keys of this command} The prior stays the
     * caller's.
     */
    protected final RestorationRunner runner(DiffusionPrior prior, RestorationTask task) {
        return new RestorationRunner(new Restorer(prior), sampling(), optimization(task), warm);
    }

    /** Whether the key {@code output} means anything to the command. */
    protected boolean canWriteFiles() {
        return true;
    }

    private Provenance provenance(Restored restored, DiffusionPrior prior) {
        final Provenance provenance =
                new Provenance().add("command", macroLine()).add("version", version());
        if (restored.report() != null) restored.report().lines().forEach(provenance::addLine);
        provenance.add("device", prior.device());
        provenance.add("precision", priors.precision(hardware.precision, hardware.device));
        restored.findings().forEach(finding -> provenance.add("noise estimate", finding));
        restored.notices().forEach(notice -> provenance.add("notice", notice));
        return provenance;
    }

    @Override
    protected void clearOutputs() {
        result = null;
        uncertainty = null;
    }

    /** Says what the run will cost, or what is wrong with the keys as they are. */
    @Override
    public synchronized void updateStatus() {
        cost = checked(this::announced);
    }

    private String announced() {
        final RestorationTask task = task(PlaneSource.of(image));
        final SliceSelection selection = which.of(image);
        final Region region = region(task, selection);
        priors.prepare(Progress.NONE);
        try (PriorUse use = prior(task)) {
            return new CostSentence(priors, use.prior(), sampling(), optimization(task), warm)
                    .of(task, selection, region);
        }
    }

    private PriorUse prior(RestorationTask task) {
        return priors.use(model, task.priorChannels(), hardware.precision, hardware.device);
    }

    /** Shows the visible part of the current slice, restored with the latest settings. */
    @Override
    public void preview() {
        final int turn = previewTurn.incrementAndGet();
        if (!Boolean.TRUE.equals(preview)) {
            previewWindow.close();
            return;
        }
        synchronized (previewWindow) {
            try {
                priors.prepare(Progress.NONE);
                final RestorationTask task = task(PlaneSource.of(image));
                final Progress unlessOutdated =
                        RestorationPreview.progress(() -> turn != previewTurn.get());
                unlessOutdated.checkCanceled();
                try (PriorUse use = prior(task)) {
                    final RestorationRunner runner =
                            new RestorationRunner(
                                    new Restorer(use.prior()),
                                    sampling(),
                                    PlaneOptimization.NONE,
                                    false);
                    previewWindow.show(runner.preview(task, unlessOutdated));
                }
            } catch (CancellationException e) {
                // newer settings are waiting
            } catch (IllegalArgumentException e) {
                log.debug(e);
                status.showStatus("Preview: " + e.getMessage());
            }
        }
    }

    @Override
    public void cancel() {
        previewTurn.incrementAndGet();
        previewWindow.close();
    }
}
