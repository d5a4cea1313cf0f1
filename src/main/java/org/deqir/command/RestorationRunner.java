/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import ij.ImagePlus;
import java.awt.Rectangle;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
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
    private final boolean warm;

    /**
     * @param warm whether a plane's chain may start from the plane before
     */
    RestorationRunner(Restorer restorer, Sampling sampling, boolean warm) {
        this.restorer = restorer;
        this.sampling = sampling;
        this.warm = warm;
    }

    /** What is known about a part of a plane before it is restored. */
    private record Problem(int index, Degradation degradation, Plane measured, Noise noise) {}

    /**
     * What a run gave. Close it; what is on disk is kept only if {@link #finish} was called.
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
            List<String> findings,
            ResultImage image,
            ResultImage spread)
            implements AutoCloseable {

        /**
         * Completes the files, once result and uncertainty tell how they came about.
         *
         * @throws IllegalArgumentException if they cannot be written
         */
        void finish() {
            if (spread != null) spread.finish(uncertainty);
            image.finish(result);
        }

        @Override
        public void close() {
            image.close();
            if (spread != null) spread.close();
        }
    }

    /**
     * Restores the selected planes one after another. Meanwhile a second thread reads the next
     * plane and stores the one before, so that at most three are in memory beside what the result
     * keeps there.
     *
     * @param place where the result goes
     * @throws IllegalArgumentException if the task does not fit the image, nothing is to be
     *     restored in any plane, or the result cannot be written
     */
    Restored run(
            RestorationTask task,
            SliceSelection slices,
            Region region,
            OutputPlace place,
            Progress progress) {
        final PlaneSource source = task.source;
        final String title = Titles.derived(source.image().getTitle(), task.suffix());
        final ResultImage image =
                ResultImage.at(
                        place, title, "", source, slices, region, task.scale(), task.samples());
        ResultImage spread = null;
        boolean done = false;
        try {
            if (sampling.samples() > 1)
                spread =
                        ResultImage.at(
                                place,
                                title,
                                "-sd",
                                source,
                                slices,
                                region,
                                task.scale(),
                                Samples.SPREAD);
            final List<RestorationReport> reports = new ArrayList<>();
            final List<String> findings = new ArrayList<>();
            restore(task, slices, region, image, spread, reports, findings, progress);
            if (reports.isEmpty())
                throw new IllegalArgumentException(
                        "There is nothing to restore in '" + source.image().getTitle() + "'.");
            final Restored restored =
                    new Restored(
                            image.build(title),
                            spread == null ? null : spread.build(title + "-sd"),
                            RestorationReport.combine(reports),
                            findings,
                            image,
                            spread);
            done = true;
            return restored;
        } finally {
            if (!done) {
                image.close();
                if (spread != null) spread.close();
            }
        }
    }

    private void restore(
            RestorationTask task,
            SliceSelection slices,
            Region region,
            ResultImage image,
            ResultImage spread,
            List<RestorationReport> reports,
            List<String> findings,
            Progress progress) {
        final int count = slices.size();
        final Map<Integer, Plane> neighbours = new HashMap<>();
        // One thread does all reading and writing: stacks are not made for several.
        try (Background disk = new Background("DeqIR planes")) {
            Future<Problem> next = null;
            Future<?> stored = null;
            for (int i = 0; i < count; i++) {
                progress.checkCanceled();
                final Problem problem =
                        disk.result(
                                next != null ? next : disk.submit(read(task, slices, 0, region)));
                next = i + 1 < count ? disk.submit(read(task, slices, i + 1, region)) : null;
                final int place = i;
                final Callable<Void> store;
                if (problem.degradation == null)
                    store =
                            () -> {
                                image.copy(place);
                                if (spread != null) spread.clear(place);
                                return null;
                            };
                else {
                    final int channel =
                            task.source.image().convertIndexToPosition(problem.index)[0];
                    final RestorationResult result =
                            restorer.restore(
                                    problem.measured,
                                    restoration(task, problem),
                                    warm ? neighbours.get(channel) : null,
                                    part(progress, i, count));
                    if (warm) neighbours.put(channel, result.restored().copy());
                    reports.add(result.report());
                    final String slice = count == 1 ? "" : "slice " + problem.index + ": ";
                    problem.noise.findings().forEach(finding -> findings.add(slice + finding));
                    store =
                            () -> {
                                image.put(
                                        place,
                                        task.corrected(
                                                problem.index,
                                                region.context(),
                                                problem.measured,
                                                result.restored()));
                                if (spread != null) spread.put(place, result.standardDeviation());
                                return null;
                            };
                }
                if (stored != null) disk.result(stored);
                stored = disk.submit(store);
            }
            disk.result(stored);
        }
    }

    private static Callable<Problem> read(
            RestorationTask task, SliceSelection slices, int i, Region region) {
        return () -> problem(task, slices.index(i), region.context());
    }

    /** A part of a plane; without degradation if there is nothing to restore in it. */
    private static Problem problem(RestorationTask task, int index, Rectangle part) {
        final Degradation degradation = task.degradation(index, part);
        if (degradation == null) return new Problem(index, null, null, null);
        final Plane measured = task.measurement(index, part);
        return new Problem(index, degradation, measured, task.noise(index, part, measured));
    }

    private Restoration restoration(RestorationTask task, Problem problem) {
        return new Restoration(
                problem.degradation, problem.noise.model(), sampling, task.source.limits());
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
        final Problem problem = problem(task, current.index(0), region.context());
        if (problem.degradation == null)
            throw new IllegalArgumentException("There is nothing to restore in the visible part.");
        final RestorationResult restored =
                restorer.restore(problem.measured, restoration(task, problem), progress);
        final ResultImage part =
                ResultImage.cropped(task.source, current, region, task.scale(), task.samples());
        part.put(
                0,
                task.corrected(
                        problem.index, region.context(), problem.measured, restored.restored()));
        return part.build("Preview of " + Titles.derived(image.getTitle(), task.suffix()));
    }

    private static Progress part(Progress progress, int i, int count) {
        final Progress part = progress.part((double) i / count, (i + 1.0) / count);
        if (count == 1) return part;
        final String prefix = "Slice " + (i + 1) + " of " + count + ": ";
        return new Progress() {
            @Override
            public void update(String stage, double fraction) {
                part.update(prefix + stage, fraction);
            }

            @Override
            public boolean isCanceled() {
                return part.isCanceled();
            }
        };
    }
}
