/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import ij.ImagePlus;
import ij.measure.ResultsTable;
import java.awt.Rectangle;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.deqir.command.base.DeqirCommand;
import org.deqir.command.group.KeyGroup;
import org.deqir.command.group.SliceKeys;
import org.deqir.command.image.PlaneSource;
import org.deqir.command.image.Region;
import org.deqir.command.image.ResultImage;
import org.deqir.command.image.ResultImage.Samples;
import org.deqir.command.image.SliceSelection;
import org.deqir.command.image.Titles;
import org.deqir.command.ui.ResultDisplay;
import org.deqir.image.Plane;
import org.deqir.metrics.ImageComparison;
import org.deqir.progress.Progress;
import org.scijava.ItemIO;
import org.scijava.ItemVisibility;
import org.scijava.command.Command;
import org.scijava.plugin.Attr;
import org.scijava.plugin.Menu;
import org.scijava.plugin.Parameter;
import org.scijava.plugin.Plugin;

/**
 * Plugins ▸ DeqIR ▸ DeqIR Compare...: how well an image agrees with a reference, slice by slice.
 *
 * <p>Adds a row for each slice to ImageJ's Results table and makes an image of the errors, image −
 * reference, in grey levels. With a selection only its bounding box is compared. A slice of a stack
 * with NaN or infinite pixels gets a row of NaN, and a sentence in the log.
 */
@Plugin(
        type = Command.class,
        menu = {
            @Menu(label = "Plugins"),
            @Menu(label = "DeqIR"),
            @Menu(label = "DeqIR Compare...", weight = 21)
        },
        iconPath = DeqirCommand.ICON,
        headless = true,
        attrs = @Attr(name = DeqirCommand.HELP, value = DeqirCommand.HELP_PAGE))
public class CompareCommand extends DeqirCommand {

    private static final double PEAK_OF_8_BITS = 255;

    private static final ImageComparison UNKNOWN =
            new ImageComparison(Double.NaN, Double.NaN, Double.NaN, Double.NaN, Double.NaN);

    @Parameter(label = "Reference", description = "Title of the open image that is right.")
    private String reference = "";

    @Parameter(
            label = "Peak (grey levels)",
            description =
                    "Range of the signal, for PSNR and SSIM; 0 for 255 with 8-bit and RGB images,"
                            + " otherwise for the range of the reference.",
            min = "0")
    private Double peak = 0.0;

    @KeyGroup private final SliceKeys which = new SliceKeys("all");

    @Parameter(visibility = ItemVisibility.MESSAGE, required = false)
    private String plan = "";

    @Parameter(type = ItemIO.OUTPUT, label = "Errors")
    private ImagePlus result;

    @Override
    protected Map<String, List<String>> dialogChoices() {
        return Map.of("reference", openImages());
    }

    @Override
    public String statusKey() {
        return "plan";
    }

    /** Callback: says what is compared, or what is missing. */
    @Override
    public void updateStatus() {
        plan =
                checked(
                        () ->
                                "'%s' is compared with '%s'."
                                        .formatted(image.getTitle(), truth().image().getTitle()));
    }

    /** The reference, once it is known to be of the same kind as the image. */
    private PlaneSource truth() {
        final PlaneSource truth = PlaneSource.of(Titles.open("reference", reference, image));
        requireSameKind(PlaneSource.of(image), truth);
        return truth;
    }

    @Override
    protected void execute(Progress progress) {
        final PlaneSource estimate = PlaneSource.of(image);
        final PlaneSource truth = truth();
        final SliceSelection selection = which.of(image);
        final Region region = Region.selected(image, 0);
        final double range = peak > 0 ? peak : peak(truth, selection, region.box());
        final ResultImage errors =
                new ResultImage(
                        estimate,
                        selection,
                        Region.rectangle(image, region.box(), 0),
                        1,
                        Samples.SPREAD);
        final ImageComparison[] rows = new ImageComparison[selection.size()];
        Arrays.fill(rows, UNKNOWN);
        int compared = 0;
        for (int i = 0; i < rows.length; i++) {
            progress.checkCanceled();
            progress.update("Comparing", (double) i / rows.length);
            final int index = selection.index(i);
            final Plane actual = estimate.read(index, region.box());
            final Plane expected = truth.read(inReference(truth, index), region.box());
            String unknown = "";
            if (actual.hasNonFinite()) unknown = unknown(estimate, index);
            else if (expected.hasNonFinite()) unknown = unknown(truth, inReference(truth, index));
            if (unknown.isEmpty()) {
                rows[i] = compare(expected, actual, range);
                compared++;
            } else if (i == rows.length - 1 && compared == 0)
                throw new IllegalArgumentException(unknown);
            else log.info("Slice " + index + " was not compared. " + unknown);
            errors.put(i, difference(expected, actual));
        }
        result = errors.build(Titles.derived(image.getTitle(), "errors"));
        addToResults(rows, selection, range);
        show("result");
    }

    private static void requireSameKind(PlaneSource estimate, PlaneSource truth) {
        final ImagePlus a = estimate.image();
        final ImagePlus b = truth.image();
        final String pair = "'" + a.getTitle() + "' and the reference '" + b.getTitle() + "' ";
        if (a.getWidth() != b.getWidth() || a.getHeight() != b.getHeight())
            throw new IllegalArgumentException(
                    String.format(
                            "%sdiffer in size: %s × %s and %s × %s pixels.",
                            pair, a.getWidth(), a.getHeight(), b.getWidth(), b.getHeight()));
        if (b.getStackSize() != 1 && a.getStackSize() != b.getStackSize())
            throw new IllegalArgumentException(
                    "%sdiffer in slices: %s and %s; the reference must have as many, or 1."
                            .formatted(pair, a.getStackSize(), b.getStackSize()));
        if (estimate.isRgb() != truth.isRgb())
            throw new IllegalArgumentException(
                    pair + "cannot be compared: one is RGB, the other is not.");
    }

    private static int inReference(PlaneSource truth, int index) {
        return truth.image().getStackSize() == 1 ? 1 : index;
    }

    private static String unknown(PlaneSource source, int index) {
        return "There are NaN or infinite pixels in " + source.nameOf(index) + ".";
    }

    /** The range of the signal of a truth whose user does not give it. */
    static double peak(PlaneSource truth, SliceSelection selection, Rectangle box) {
        final int bits = truth.image().getBitDepth();
        if (bits == 8 || bits == 24) return PEAK_OF_8_BITS;
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < selection.size(); i++) {
            final int index = inReference(truth, selection.index(i));
            final Plane plane = truth.read(index, box);
            if (plane.hasNonFinite()) continue;
            for (final float level : plane.channels()[0]) {
                least = Math.min(least, level);
                most = Math.max(most, level);
            }
        }
        if (most < least)
            throw new IllegalArgumentException(
                    unknown(truth, inReference(truth, selection.index(0))));
        if (most == least)
            throw new IllegalArgumentException(
                    "The reference '"
                            + truth.image().getTitle()
                            + "' is constant: give the range of the signal as peak.");
        return most - least;
    }

    /** All channels together; the structural similarity is the mean over the channels. */
    static ImageComparison compare(Plane expected, Plane actual, double peak) {
        final int channels = expected.channels().length;
        final int width = expected.width();
        final int height = expected.height();
        if (channels == 1)
            return ImageComparison.of(
                    expected.channels()[0], actual.channels()[0], width, height, peak);
        final ImageComparison all =
                ImageComparison.of(
                        joined(expected), joined(actual), width, channels * height, peak);
        double similarity = 0;
        for (int c = 0; c < channels; c++)
            similarity +=
                    ImageComparison.of(
                                            expected.channels()[c],
                                            actual.channels()[c],
                                            width,
                                            height,
                                            peak)
                                    .ssim()
                            / channels;
        return new ImageComparison(
                all.psnr(), all.scaleInvariantPsnr(), all.nrmse(), similarity, all.pearson());
    }

    private static float[] joined(Plane plane) {
        final float[] all = new float[plane.size() * plane.channels().length];
        for (int c = 0; c < plane.channels().length; c++)
            System.arraycopy(plane.channels()[c], 0, all, c * plane.size(), plane.size());
        return all;
    }

    private static Plane difference(Plane expected, Plane actual) {
        final float[][] errors = new float[expected.channels().length][];
        for (int c = 0; c < errors.length; c++) {
            errors[c] = actual.channels()[c].clone();
            for (int i = 0; i < errors[c].length; i++) errors[c][i] -= expected.channels()[c][i];
        }
        return new Plane(errors, expected.width(), expected.height());
    }

    private void addToResults(ImageComparison[] rows, SliceSelection selection, double range) {
        final ResultsTable table = ResultDisplay.resultsTable();
        for (int i = 0; i < rows.length; i++) {
            table.incrementCounter();
            table.addLabel(image.getTitle());
            table.addValue("Reference", reference);
            table.addValue("Slice", selection.index(i));
            table.addValue("PSNR", rows[i].psnr());
            table.addValue("SI-PSNR", rows[i].scaleInvariantPsnr());
            table.addValue("NRMSE", rows[i].nrmse());
            table.addValue("SSIM", rows[i].ssim());
            table.addValue("Pearson", rows[i].pearson());
            table.addValue("Peak", range);
        }
        table.show("Results");
    }

    @Override
    protected void clearOutputs() {
        result = null;
    }
}
