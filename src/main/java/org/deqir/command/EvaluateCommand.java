/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import ij.ImagePlus;
import ij.io.FileSaver;
import ij.measure.ResultsTable;
import java.awt.Rectangle;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;
import org.deqir.command.base.DeqirCommand;
import org.deqir.command.base.FilledCommand;
import org.deqir.command.base.RestorationCommand;
import org.deqir.command.image.ImageFolder;
import org.deqir.command.image.PlaneSource;
import org.deqir.command.image.SliceSelection;
import org.deqir.command.image.Titles;
import org.deqir.command.key.Keys;
import org.deqir.command.ui.ResultDisplay;
import org.deqir.image.Plane;
import org.deqir.metrics.Evaluation;
import org.deqir.metrics.EvaluationFolder;
import org.deqir.metrics.FourierRingCorrelation;
import org.deqir.progress.Progress;
import org.scijava.ItemVisibility;
import org.scijava.command.Command;
import org.scijava.plugin.Attr;
import org.scijava.plugin.Menu;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;
import org.scijava.widget.FileWidget;

/**
 * Plugins ▸ DeqIR ▸ DeqIR Evaluate...: how well a folder of known images is restored from simulated
 * measurements.
 *
 * <p>Each image is degraded, restored and compared, as {@code DeqIR Degrade...}, a restoring
 * command and {@code DeqIR Compare...} would. The Results table gets a row for each plane, and mean
 * and standard deviation. With an output folder a run that was stopped goes on where it ended.
 */
@Plugin(
        type = Command.class,
        menu = {
            @Menu(label = "Plugins"),
            @Menu(label = "DeqIR"),
            @Menu(label = "DeqIR Evaluate...", weight = 22)
        },
        iconPath = DeqirCommand.ICON,
        headless = true,
        attrs = @Attr(name = DeqirCommand.HELP, value = DeqirCommand.HELP_PAGE))
public class EvaluateCommand extends DeqirCommand {

    private static final Map<String, Class<? extends RestorationCommand>> COMMANDS =
            Map.of(
                    "denoise", DenoiseCommand.class,
                    "deblur", DeblurCommand.class,
                    "super-resolution", SuperResolutionCommand.class,
                    "inpaint", InpaintCommand.class,
                    "colorize", ColorizeCommand.class,
                    "compressed sensing", CompressedSensingCommand.class);

    private static final FilledCommand.Refused NOT_OF_DEGRADE =
            new FilledCommand.Refused(
                    "a folder",
                    Map.of(
                            "seed", "each file has a seed of its own, made from this command's",
                            "slices", "all are evaluated"));

    private static final FilledCommand.Refused NOT_OF_RESTORATION =
            new FilledCommand.Refused(
                    "a folder",
                    Map.of(
                            "slices", "all are evaluated",
                            "output", "this command has one",
                            "preview", "nothing is shown",
                            "axis", "planes are compared one by one"));

    /** Where the correlation with the truth ends: the truth itself has no noise. */
    private static final double HALF = 0.5;

    private static final double FINEST = 2;

    @Parameter(
            label = "Folder of truths",
            description = "Images that are right; each file is degraded, restored and compared.",
            style = FileWidget.DIRECTORY_STYLE)
    private String truths = "";

    @Parameter(
            label = "Degrade by",
            description =
                    "Keys of DeqIR Degrade..., as in a macro: operator=blur width=2 noise=gaussian"
                            + " sigma=5.",
            style = Keys.OF_COMMAND)
    private String degrade = "";

    @Parameter(
            label = "Restore by",
            description = "The command that restores.",
            choices = {
                "denoise",
                "deblur",
                "super-resolution",
                "inpaint",
                "colorize",
                "compressed sensing"
            })
    private String task = "denoise";

    @Parameter(
            label = "Its keys",
            description =
                    "Keys of that command, as in a macro; those that are not given are taken from"
                            + " the degraded image.",
            style = Keys.OF_COMMAND)
    private String keys = "";

    @Parameter(
            label = "Peak (grey levels)",
            description =
                    "Range of the signal, for PSNR and SSIM; 0 for 255 with 8-bit and RGB images,"
                            + " otherwise for the range of each truth.",
            min = "0")
    private Double peak = 0.0;

    @Parameter(label = "Seed", description = "The same seed and file name give the same noise.")
    private Long seed = 1L;

    @Parameter(
            label = "Output folder",
            description =
                    "Where tables go, and a stopped run goes on; empty for the Results table alone.",
            style = FileWidget.DIRECTORY_STYLE)
    private String output = "";

    @Parameter(
            label = "Write images",
            description = "Whether degraded and restored images are written to the output folder.")
    private Boolean images = false;

    @Parameter(visibility = ItemVisibility.MESSAGE, required = false)
    private String plan = "";

    @Override
    protected boolean needsImage() {
        return false;
    }

    @Override
    public Set<String> idleKeys() {
        return output.isBlank() ? Set.of("images") : Set.of();
    }

    @Override
    public String statusKey() {
        return "plan";
    }

    /** Callback: says how many images there are, or what is missing. */
    @Override
    public void updateStatus() {
        plan =
                checked(
                        () -> {
                            final int count = files().size();
                            return count
                                    + (count == 1 ? " image." : " images, one after the other.");
                        });
    }

    /** The truths, once all that can be checked without them is right. */
    private List<Path> files() {
        if (truths.isBlank())
            throw new IllegalArgumentException("truths is missing: give a folder of clean images.");
        if (!ImageFolder.isOne(truths))
            throw new IllegalArgumentException("truths = '" + truths + "' is not a folder.");
        if (degrade.isBlank())
            throw new IllegalArgumentException(
                    "degrade is missing: give keys of DeqIR Degrade..., such as noise=gaussian"
                            + " sigma=10.");
        if (images && output.isBlank())
            throw new IllegalArgumentException(
                    "images = true needs an output folder to write them to.");
        return ImageFolder.files("truths", Path.of(truths.trim()));
    }

    @Override
    protected void execute(Progress progress) {
        final List<Path> files = files();
        try (EvaluationFolder folder = folder()) {
            final List<Evaluation> all = new ArrayList<>();
            final List<String> failed = new ArrayList<>();
            for (int i = 0; i < files.size(); i++) {
                progress.checkCanceled();
                final Path file = files.get(i);
                final String name = file.getFileName().toString();
                final List<Evaluation> known = folder == null ? List.of() : folder.of(name);
                all.addAll(known);
                if (!known.isEmpty()) continue;
                final Progress ofFile =
                        progress.part((double) i / files.size(), (i + 1.0) / files.size())
                                .prefixed(name + ": ");
                try {
                    final List<Evaluation> rows = evaluate(file, ofFile);
                    if (folder != null) folder.add(rows);
                    all.addAll(rows);
                } catch (IllegalArgumentException e) {
                    if (all.isEmpty()) // the keys are wrong rather than a file
                    throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
                    failed.add(name + ": " + e.getMessage());
                    log.error("DeqIR Evaluate left out " + failed.get(failed.size() - 1));
                }
            }
            tabulate(all);
            if (folder != null) folder.summarize(all);
            if (!failed.isEmpty()) throw new IllegalArgumentException(sentence(failed, files));
        } catch (UncheckedIOException e) {
            throw new IllegalArgumentException(
                    "output = '" + output + "': " + e.getCause().getMessage(), e);
        }
    }

    private static String sentence(List<String> failed, List<Path> files) {
        return String.format(
                "%s of %s files could not be evaluated. %s%s",
                failed.size(),
                files.size(),
                failed.get(0),
                failed.size() > 1 ? " The others are in the log." : "");
    }

    private EvaluationFolder folder() {
        if (output.isBlank()) return null;
        final String settings =
                "degrade=[%s] task=[%s] keys=[%s] peak=%s seed=%s, version %s"
                        .formatted(degrade.strip(), task, keys.strip(), peak, seed, version());
        try {
            return new EvaluationFolder(Path.of(output.trim()), settings);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("output = '" + output + "' is not a path.", e);
        }
    }

    private List<Evaluation> evaluate(Path file, Progress progress) {
        final ImagePlus truth = ImageFolder.open("truths", file);
        final long ofFile = seedOf(file);
        final FilledCommand<DegradeCommand> degrading =
                FilledCommand.of(context(), DegradeCommand.class, degrade, NOT_OF_DEGRADE, truth);
        degrading.module().setInput("seed", ofFile);
        final ImagePlus measured = degrading.run(progress);
        final long start = System.nanoTime();
        final ImagePlus restored =
                FilledCommand.of(context(), COMMANDS.get(task), keys, NOT_OF_RESTORATION, measured)
                        .run(progress);
        final double seconds = (System.nanoTime() - start) * 1e-9;
        if (images) {
            write(measured, Titles.derived(truth.getTitle(), "degraded"));
            write(restored, Titles.derived(truth.getTitle(), "restored"));
        }
        return compare(
                file.getFileName().toString(),
                PlaneSource.of(truth),
                PlaneSource.of(measured),
                PlaneSource.of(restored),
                ofFile,
                seconds);
    }

    /** Of this command's seed and the file's name, so that other files change nothing. */
    private long seedOf(Path file) {
        final CRC32 hash = new CRC32();
        hash.update(file.getFileName().toString().getBytes(StandardCharsets.UTF_8));
        return seed + hash.getValue();
    }

    private void write(ImagePlus image, String name) {
        final Path file = Path.of(output.trim()).resolve(name + ".tif");
        final FileSaver saver = new FileSaver(image);
        final boolean written =
                image.getStackSize() > 1
                        ? saver.saveAsTiffStack(file.toString())
                        : saver.saveAsTiff(file.toString());
        if (!written)
            throw new IllegalArgumentException("The image " + file + " cannot be written.");
    }

    private List<Evaluation> compare(
            String name,
            PlaneSource truth,
            PlaneSource measured,
            PlaneSource restored,
            long ofFile,
            double seconds) {
        final ImagePlus result = restored.image();
        // What does not make a whole coarse pixel was cut off at the right and below.
        final Rectangle box = new Rectangle(result.getWidth(), result.getHeight());
        final SliceSelection all = SliceSelection.parse("all", truth.image());
        final double range = peak > 0 ? peak : CompareCommand.peak(truth, all, box);
        final boolean isImage =
                !task.equals("compressed sensing")
                        && measured.bounds().equals(box)
                        && measured.isRgb() == truth.isRgb();
        final List<Evaluation> rows = new ArrayList<>();
        for (int n = 1; n <= all.size(); n++) {
            final Plane expected = truth.read(n, box);
            final Plane actual = restored.read(n, box);
            if (expected.hasNonFinite() || actual.hasNonFinite())
                throw new IllegalArgumentException(
                        "There are NaN or infinite pixels in "
                                + (expected.hasNonFinite() ? truth : restored).nameOf(n)
                                + ".");
            final Plane seen = isImage ? measured.read(n, box) : null;
            rows.add(
                    new Evaluation(
                            name,
                            n,
                            all.size(),
                            ofFile,
                            range,
                            seen == null || seen.hasNonFinite()
                                    ? Double.NaN
                                    : CompareCommand.compare(expected, seen, range).psnr(),
                            CompareCommand.compare(expected, actual, range),
                            resolution(expected, actual),
                            seconds / all.size()));
        }
        return rows;
    }

    private static double resolution(Plane expected, Plane actual) {
        try {
            return FourierRingCorrelation.of(
                            grey(expected), grey(actual), expected.width(), expected.height())
                    .resolution(HALF)
                    .orElse(FINEST);
        } catch (IllegalArgumentException e) {
            return Double.NaN; // constant or too small
        }
    }

    private static float[] grey(Plane plane) {
        final float[] sum = new float[plane.size()];
        for (final float[] channel : plane.channels())
            for (int i = 0; i < sum.length; i++) sum[i] += channel[i];
        return sum;
    }

    private static void tabulate(List<Evaluation> all) {
        final ResultsTable table = ResultDisplay.resultsTable();
        for (final Evaluation row : all) {
            table.incrementCounter();
            table.addLabel(row.image());
            table.addValue("Slice", row.slice());
            table.addValue("Seed", row.seed());
            row.figures().forEach(table::addValue);
        }
        table.incrementCounter();
        table.addLabel("Mean");
        for (final String figure : Evaluation.FIGURES)
            table.addValue(figure, Evaluation.mean(all, figure));
        table.incrementCounter();
        table.addLabel("SD");
        for (final String figure : Evaluation.FIGURES)
            table.addValue(figure, Evaluation.deviation(all, figure));
        table.show("Results");
    }
}
