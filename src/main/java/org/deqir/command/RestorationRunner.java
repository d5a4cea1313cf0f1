/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import ij.ImagePlus;
import java.awt.Rectangle;
import java.util.ArrayList;
import java.util.List;
import org.deqir.ChainState;
import org.deqir.Optimization;
import org.deqir.Restoration;
import org.deqir.RestorationReport;
import org.deqir.RestorationResult;
import org.deqir.Restorer;
import org.deqir.Sampling;
import org.deqir.command.ResultImage.Samples;
import org.deqir.image.Plane;
import org.deqir.physics.Degradation;
import org.deqir.progress.Progress;

/** Runs a {@link RestorationTask} over the selected planes of an image. */
final class RestorationRunner {

    private final Restorer restorer;
    private final Sampling sampling;
    private final PlaneOptimization optimization;

    RestorationRunner(Restorer restorer, Sampling sampling, PlaneOptimization optimization) {
        this.restorer = restorer;
        this.sampling = sampling;
        this.optimization = optimization;
    }

    /** A part of a plane, restored. */
    private record RestoredPart(
            Plane restored,
            Plane standardDeviation,
            RestorationReport report,
            List<String> findings) {}

    /**
     * What a run gave.
     *
     * @param result the restored image, not yet shown
     * @param uncertainty standard deviation of the samples, 32-bit, or null with a single sample
     * @param report of all planes together
     * @param findings what was found about the noise, with the slice if there are several
     */
    record Restored(
            ImagePlus result,
            ImagePlus uncertainty,
            RestorationReport report,
            List<String> findings) {}

    /**
     * Restores the selected planes.
     *
     * @throws IllegalArgumentException if the task does not fit the image, or nothing is to be
     *     restored in any plane
     */
    Restored run(RestorationTask task, SliceSelection slices, Region region, Progress progress) {
        final PlaneSource source = task.source;
        final ResultImage image =
                new ResultImage(source, slices, region, task.scale(), task.samples());
        final ResultImage spread =
                sampling.samples() == 1
                        ? null
                        : new ResultImage(source, slices, region, task.scale(), Samples.SPREAD);
        final List<RestorationReport> reports = new ArrayList<>();
        final List<String> findings = new ArrayList<>();
        final Sampling settled = task.settled(sampling, restorer, slices, region, progress);
        for (int i = 0; i < slices.size(); i++) {
            progress.checkCanceled();
            final RestoredPart restored =
                    plane(
                            task,
                            slices.index(i),
                            region.context(),
                            settled,
                            part(progress, i, slices.size()));
            if (restored == null) {
                image.copy(i);
                if (spread != null) spread.clear(i);
                continue;
            }
            image.put(i, restored.restored());
            if (spread != null) spread.put(i, restored.standardDeviation());
            reports.add(restored.report());
            final String slice = slices.size() == 1 ? "" : "slice " + slices.index(i) + ": ";
            restored.findings().forEach(finding -> findings.add(slice + finding));
        }
        if (reports.isEmpty())
            throw new IllegalArgumentException(
                    "There is nothing to restore in '" + source.image().getTitle() + "'.");
        final RestorationReport report = RestorationReport.combine(reports);
        final String title = Titles.derived(source.image().getTitle(), task.suffix());
        final String mark = report.optimization() == null ? "" : report.optimization().mark();
        return new Restored(
                image.build(title + mark),
                spread == null ? null : spread.build(title + "-sd" + mark),
                report,
                findings);
    }

    /**
     * Restores the visible part of the current plane, as an image of its own.
     *
     * @throws IllegalArgumentException if nothing is to be restored there
     */
    ImagePlus preview(RestorationTask task, Progress progress) {
        final ImagePlus image = task.source.image();
        final SliceSelection current = SliceSelection.parse("current", image);
        final Region region = task.region(RestorationPreview.visiblePart(image));
        final RestoredPart restored =
                plane(task, current.index(0), region.context(), sampling, progress);
        if (restored == null)
            throw new IllegalArgumentException("There is nothing to restore in the visible part.");
        final ResultImage part =
                ResultImage.cropped(task.source, current, region, task.scale(), task.samples());
        part.put(0, restored.restored());
        return part.build("Preview of " + Titles.derived(image.getTitle(), task.suffix()));
    }

    /**
     * The way of the chain that restores a part of one plane.
     *
     * @throws IllegalArgumentException if nothing is to be restored there
     */
    List<ChainState> follow(RestorationTask task, int index, Rectangle part, Progress progress) {
        final Degradation degradation = task.degradation(index, part);
        if (degradation == null)
            throw new IllegalArgumentException(
                    "There is nothing to restore in " + task.source.nameOf(index) + ".");
        final Plane measured = task.measurement(index, part);
        final Noise noise = task.noise(index, part, measured);
        return restorer.follow(
                measured,
                new Restoration(degradation, noise.model(), sampling, task.source.limits()),
                progress);
    }

    /**
     * Restores a part of one plane.
     *
     * @return the part at the result's scale, or null if there is nothing to restore in it
     */
    private RestoredPart plane(
            RestorationTask task, int index, Rectangle part, Sampling settled, Progress progress) {
        final Degradation degradation = task.degradation(index, part);
        if (degradation == null) return null;
        final Plane measured = task.measurement(index, part);
        final Noise noise = task.noise(index, part, measured);
        final Optimization optimized = optimization.of(index, part);
        final RestorationResult result =
                restorer.restore(
                        measured,
                        new Restoration(
                                        degradation,
                                        noise.model(),
                                        // an optimised start is that of the image's own pixels
                                        optimized.isOn() ? sampling : settled,
                                        task.source.limits())
                                .withOptimization(optimized),
                        progress);
        return new RestoredPart(
                task.corrected(index, part, measured, result.restored()),
                result.standardDeviation(),
                result.report(),
                noise.findings());
    }

    private static Progress part(Progress progress, int i, int count) {
        final Progress part = progress.part((double) i / count, (i + 1.0) / count);
        if (count == 1) return part;
        return part.prefixed("Slice " + (i + 1) + " of " + count + ": ");
    }
}
