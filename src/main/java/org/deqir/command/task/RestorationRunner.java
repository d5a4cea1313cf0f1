/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.task;

import ij.ImagePlus;
import java.awt.Rectangle;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.deqir.AveragedRestorer;
import org.deqir.ChainState;
import org.deqir.Restoration;
import org.deqir.RestorationReport;
import org.deqir.RestorationResult;
import org.deqir.Restorer;
import org.deqir.Sampling;
import org.deqir.command.image.OutputPlace;
import org.deqir.command.image.PlaneSource;
import org.deqir.command.image.Region;
import org.deqir.command.image.ResultImage;
import org.deqir.command.image.SliceSelection;
import org.deqir.command.image.Titles;
import org.deqir.image.Plane;
import org.deqir.progress.Progress;

/** Runs a {@link RestorationTask} over the selected planes of an image. */
public final class RestorationRunner {

    private final Restorer restorer;
    private final Sampling sampling;
    private final PlaneOptimization optimization;
    private final boolean warm;

    /**
     * @param restorer with the prior
     * @param sampling how the chain runs
     * @param optimization how the chain's start is optimised
     * @param warm whether a plane's chain may start from the plane before
     */
    public RestorationRunner(
            Restorer restorer, Sampling sampling, PlaneOptimization optimization, boolean warm) {
        this.restorer = restorer;
        this.sampling = sampling;
        this.optimization = optimization;
        this.warm = warm;
    }

    /**
     * Restores the selected planes one after another, small ones several at a time. Meanwhile a
     * second thread reads what comes next and stores what came before: little more is in memory
     * beside what the result keeps there.
     *
     * @return the result; the caller closes it
     * @throws IllegalArgumentException if the task does not fit the image, nothing is to be
     *     restored in any plane although they have content, or the result cannot be written
     */
    public Restored run(
            RestorationTask task,
            SliceSelection slices,
            Region region,
            OutputPlace place,
            Progress progress) {
        if (task.volumes() != null)
            return task.volumes().run(restorer, sampling, slices, region, place, progress);
        final PlaneSource source = task.source;
        final String title = Titles.derived(source.image().getTitle(), task.suffix());
        final ResultImages images =
                ResultImages.open(
                        (suffix, samples) ->
                                ResultImage.at(
                                        place,
                                        title,
                                        suffix,
                                        source,
                                        slices,
                                        region,
                                        task.scale(),
                                        1,
                                        samples),
                        task.samples(),
                        sampling.samples() > 1,
                        task.showsExposures());
        boolean done = false;
        try {
            final List<RestorationReport> reports = new ArrayList<>();
            final List<String> findings = new ArrayList<>();
            final List<String> notices = new ArrayList<>(task.notices());
            final Sampling settled = task.settled(sampling, restorer, slices, region, progress);
            restore(task, settled, slices, region, images, reports, findings, notices, progress);
            // A stack of blank planes is copied like a blank plane of a stack.
            if (reports.isEmpty() && notices.equals(task.notices()))
                throw new IllegalArgumentException(
                        "There is nothing to restore in '" + source.image().getTitle() + "'.");
            final RestorationReport report =
                    reports.isEmpty() ? null : RestorationReport.combine(reports);
            final String mark =
                    report == null || report.optimization() == null
                            ? ""
                            : report.optimization().mark();
            final Restored restored = Restored.of(images, title, mark, report, findings, notices);
            done = true;
            return restored;
        } finally {
            if (!done) images.close();
        }
    }

    private void restore(
            RestorationTask task,
            Sampling settled,
            SliceSelection slices,
            Region region,
            ResultImages images,
            List<RestorationReport> reports,
            List<String> findings,
            List<String> notices,
            Progress progress) {
        final int count = slices.size();
        double exposures = 0;
        final Map<Integer, Plane> neighbours = new HashMap<>();
        // One thread does all reading and writing: stacks are not made for several.
        try (Background disk = new Background("DeqIR planes")) {
            Future<List<PlaneProblem>> next = disk.submit(read(task, slices, 0, 1, region));
            Future<?> stored = null;
            int group = 1;
            for (int first = 0; first < count; first += group) {
                progress.checkCanceled();
                final int from = first;
                final List<PlaneProblem> problems = disk.result(next);
                group = problems.size();
                if (from + group < count) {
                    final int size =
                            Math.min(
                                    count - from - group,
                                    together(task, settled, problems, region));
                    next = disk.submit(read(task, slices, from + group, size, region));
                }
                final List<RestorationResult> results =
                        results(
                                task,
                                settled,
                                problems,
                                region,
                                neighbours,
                                part(progress, from, group, count));
                for (int i = 0; i < group; i++) {
                    final PlaneProblem problem = problems.get(i);
                    if (!problem.blank().isEmpty())
                        notices.add(RestorationTask.copied(problem.index(), problem.blank()));
                    if (results.get(i) == null) continue;
                    reports.add(results.get(i).report());
                    exposures += problem.fused() == null ? 1 : problem.fused().meanExposures();
                    final String slice = count == 1 ? "" : "slice " + problem.index() + ": ";
                    problem.noise().findings().forEach(found -> findings.add(slice + found));
                }
                if (stored != null) disk.result(stored);
                stored =
                        disk.submit(
                                () -> {
                                    for (int i = 0; i < results.size(); i++)
                                        store(
                                                task,
                                                region,
                                                problems.get(i),
                                                results.get(i),
                                                from + i,
                                                images);
                                    return null;
                                });
            }
            disk.result(stored);
        }
        if (task.isAveraged() && !reports.isEmpty())
            notices.add(
                    String.format(
                            Locale.ROOT,
                            "On average %.2f exposures entered each pixel.",
                            exposures / reports.size()));
    }

    /** How many planes like these are restored side by side. */
    private int together(
            RestorationTask task, Sampling settled, List<PlaneProblem> problems, Region region) {
        if (warm || task.isAveraged()) return 1;
        for (final PlaneProblem problem : problems)
            if (problem.degradation() != null)
                return restorer.together(
                        region.context().width,
                        region.context().height,
                        restoration(task, problem, settled));
        return 1;
    }

    /** A result for each problem, null where there is nothing to restore. */
    private List<RestorationResult> results(
            RestorationTask task,
            Sampling settled,
            List<PlaneProblem> problems,
            Region region,
            Map<Integer, Plane> neighbours,
            Progress progress) {
        final List<PlaneProblem> some =
                problems.stream().filter(problem -> problem.degradation() != null).toList();
        final Iterator<RestorationResult> restored;
        if (some.isEmpty()) restored = Collections.emptyIterator();
        else if (task.isAveraged())
            restored = List.of(averaged(task, some.get(0), settled, region, progress)).iterator();
        else if (warm) {
            final PlaneProblem problem = some.get(0);
            final int channel = task.source.image().convertIndexToPosition(problem.index())[0];
            final RestorationResult result =
                    restorer.restore(
                            problem.measured(),
                            restoration(task, problem, settled),
                            neighbours.get(channel),
                            progress);
            neighbours.put(channel, result.restored().copy());
            restored = List.of(result).iterator();
        } else
            restored =
                    restorer.restore(
                                    some.stream().map(problem -> problem.measured()).toList(),
                                    some.stream()
                                            .map(problem -> restoration(task, problem, settled))
                                            .toList(),
                                    progress)
                            .iterator();
        final List<RestorationResult> results = new ArrayList<>();
        for (final PlaneProblem problem : problems)
            results.add(problem.degradation() == null ? null : restored.next());
        return results;
    }

    /** The result for a plane, with its neighbours where there are any. */
    private RestorationResult averaged(
            RestorationTask task,
            PlaneProblem problem,
            Sampling settled,
            Region region,
            Progress progress) {
        final Supplier<Restoration> alone =
                () ->
                        restoration(
                                task,
                                problem,
                                task.settledAlone(sampling, restorer, region, progress));
        return problem.fused() == null
                ? restorer.restore(problem.measured(), alone.get(), progress)
                : new AveragedRestorer(restorer)
                        .restore(
                                problem.measured(),
                                problem.fused(),
                                restoration(task, problem, settled),
                                alone,
                                progress);
    }

    private static void store(
            RestorationTask task,
            Region region,
            PlaneProblem problem,
            RestorationResult result,
            int place,
            ResultImages images) {
        if (result == null) {
            if (problem.blank().isEmpty()) images.image().copy(place);
            else images.image().copyBlank(place);
            if (images.spread() != null) images.spread().clear(place);
            if (images.counts() != null) images.counts().clear(place);
            return;
        }
        images.image()
                .put(
                        place,
                        task.corrected(
                                problem.index(),
                                region.context(),
                                problem.measured(),
                                result.restored()));
        if (images.spread() != null) images.spread().put(place, result.standardDeviation());
        if (images.counts() != null) images.counts().put(place, problem.exposures());
    }

    private Callable<List<PlaneProblem>> read(
            RestorationTask task, SliceSelection slices, int first, int count, Region region) {
        final Rectangle part = region.context();
        final boolean several = slices.size() > 1;
        return () ->
                IntStream.range(first, first + count)
                        .mapToObj(slices::index)
                        .map(index -> PlaneProblem.of(task, index, part, several, optimization))
                        .toList();
    }

    private Restoration restoration(RestorationTask task, PlaneProblem problem, Sampling settled) {
        final int[] place = task.source.image().convertIndexToPosition(problem.index());
        return new Restoration(
                        problem.degradation(),
                        problem.noise().model(),
                        // an optimised start is that of the image's own pixels
                        (problem.optimization().isOn() ? sampling : settled)
                                .ofPlane(place[0] - 1L, place[1] - 1L, place[2] - 1L),
                        task.source.limits())
                .withOptimization(problem.optimization());
    }

    /**
     * {@return the visible part of the current plane, restored, as an image of its own that is not
     * shown}
     *
     * @throws IllegalArgumentException if nothing is to be restored there
     */
    public ImagePlus preview(RestorationTask task, Progress progress) {
        final ImagePlus image = task.source.image();
        final SliceSelection current = SliceSelection.parse("current", image);
        final Region region = task.region(RestorationPreview.visiblePart(image));
        final PlaneProblem problem =
                PlaneProblem.of(task, current.index(0), region.context(), false, optimization);
        if (problem.degradation() == null)
            throw new IllegalArgumentException("There is nothing to restore in the visible part.");
        final RestorationResult restored =
                task.isAveraged()
                        ? averaged(task, problem, sampling, region, progress)
                        : restorer.restore(
                                problem.measured(), restoration(task, problem, sampling), progress);
        final ResultImage part =
                ResultImage.cropped(task.source, current, region, task.scale(), task.samples());
        part.put(
                0,
                task.corrected(
                        problem.index(),
                        region.context(),
                        problem.measured(),
                        restored.restored()));
        final String found =
                problem.fused() == null
                        ? ""
                        : String.format(
                                Locale.ROOT, " (%.1f exposures)", problem.fused().meanExposures());
        return part.build("Preview of " + Titles.derived(image.getTitle(), task.suffix()) + found);
    }

    /**
     * {@return the states of the chain that restores a part of the {@code index}-th plane, from 1,
     * the first step first}
     *
     * @throws IllegalArgumentException if nothing is to be restored there
     */
    public List<ChainState> follow(
            RestorationTask task, int index, Rectangle part, Progress progress) {
        final PlaneProblem problem = PlaneProblem.of(task, index, part, false, optimization);
        if (problem.degradation() == null)
            throw new IllegalArgumentException(
                    "There is nothing to restore in " + task.source.nameOf(index) + ".");
        return restorer.follow(problem.measured(), restoration(task, problem, sampling), progress);
    }

    private static Progress part(Progress progress, int first, int group, int count) {
        final Progress part =
                progress.part((double) first / count, (double) (first + group) / count);
        if (count == 1) return part;
        return part.prefixed(
                (group == 1
                                ? "Slice " + (first + 1)
                                : "Slices " + (first + 1) + "-" + (first + group))
                        + " of "
                        + count
                        + ": ");
    }
}
