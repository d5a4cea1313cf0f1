/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.task;

import java.awt.Rectangle;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.deqir.Cost;
import org.deqir.RestorationReport;
import org.deqir.Restorer;
import org.deqir.Sampling;
import org.deqir.VolumeRestorer;
import org.deqir.VolumeResult;
import org.deqir.command.image.OutputPlace;
import org.deqir.command.image.PlaneSource;
import org.deqir.command.image.Region;
import org.deqir.command.image.ResultImage;
import org.deqir.command.image.SliceSelection;
import org.deqir.command.image.Titles;
import org.deqir.command.image.VolumeSelection;
import org.deqir.command.key.Noise;
import org.deqir.command.key.NoiseKeys;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.Plane;
import org.deqir.image.Volume;
import org.deqir.physics.VolumeDegradation;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;
import org.deqir.volume.IsolatedVoxels;

/**
 * What a command restores whose measurement is explained in three dimensions: each channel of each
 * frame is a volume.
 */
public final class VolumeTask extends RestorationTask {

    /** Slices that the noise is estimated from at most. */
    private static final int SLICES_FOR_NOISE = 16;

    private final VolumeDegradation blur;
    private final int axialMargin;

    /**
     * @param margin pixels of context around a selection that help to restore it
     * @param axialMargin slices of context before and after the selected ones
     */
    VolumeTask(
            PlaneSource source,
            String suffix,
            VolumeDegradation degradation,
            NoiseKeys noise,
            int margin,
            int axialMargin) {
        super(source, suffix, null, noise, margin);
        this.blur = degradation;
        this.axialMargin = axialMargin;
    }

    /** {@return what happened to every volume} */
    public VolumeDegradation volumeDegradation() {
        return blur;
    }

    @Override
    public VolumeTask volumes() {
        return this;
    }

    /**
     * The part for a preview.
     *
     * @throws IllegalArgumentException always
     */
    @Override
    public Region region(Rectangle part) {
        throw new IllegalArgumentException(
                "There is no preview of a volume: it is restored as a whole.");
    }

    /** {@return what restoring the selected volumes takes} */
    Cost cost(DiffusionPrior prior, Sampling sampling, SliceSelection slices, Region region) {
        final VolumeSelection volumes = VolumeSelection.of(slices, source.image());
        final Rectangle box = region.context();
        final int depth =
                volumes.before(axialMargin) + volumes.depth() + volumes.after(axialMargin);
        final Cost one =
                new VolumeRestorer(prior).cost(box.width, box.height, depth, blur, sampling);
        final int count = volumes.count();
        return new Cost(
                count * one.evaluations(), count * one.most(), count * one.planes(), one.bytes());
    }

    /** Restores the selected volumes one after another. */
    Restored run(
            Restorer ofPlanes,
            Sampling sampling,
            SliceSelection slices,
            Region region,
            OutputPlace place,
            Progress progress) {
        final VolumeRestorer restorer = new VolumeRestorer(ofPlanes.prior());
        final VolumeSelection volumes = VolumeSelection.of(slices, source.image());
        final String title = Titles.derived(source.image().getTitle(), suffix());
        final List<RestorationReport> reports = new ArrayList<>();
        final List<String> findings = new ArrayList<>();
        final List<String> copies = new ArrayList<>(notices());
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
                                        1,
                                        blur.scale(),
                                        samples),
                        samples(),
                        sampling.samples() > 1,
                        false);
        boolean done = false;
        try {
            for (int v = 0; v < volumes.count(); v++) {
                final Problem problem = new Problem(volumes, v, region.context());
                final String name = volumes.nameOf(v);
                final String prefix = name.isEmpty() ? "" : name + ": ";
                final Progress part =
                        progress.part((double) v / volumes.count(), (v + 1.0) / volumes.count())
                                .prefixed(prefix);
                final VolumeResult result = restored(problem, restorer, sampling, findings, part);
                if (result == null) {
                    copies.add(
                            (name.isEmpty() ? "The volume" : "The volume of " + name)
                                    + " was copied: all its voxels are the same.");
                    problem.copy(images.image());
                    if (images.spread() != null) problem.clear(images.spread());
                    continue;
                }
                reports.add(result.report());
                problem.put(images.image(), result.restored());
                if (images.spread() != null)
                    problem.put(images.spread(), result.standardDeviation());
            }
            final RestorationReport report =
                    reports.isEmpty() ? null : RestorationReport.combine(reports);
            final Restored restored = Restored.of(images, title, "", report, findings, copies);
            done = true;
            return restored;
        } finally {
            if (!done) images.close();
        }
    }

    /** A restored volume; null if there is nothing to restore in it. */
    private VolumeResult restored(
            Problem problem,
            VolumeRestorer restorer,
            Sampling sampling,
            List<String> findings,
            Progress progress) {
        progress.checkCanceled();
        final Volume read = problem.measured();
        if (read.isConstant()) return null;
        final Noise first = noise(read);
        // Where the noise is estimated, isolated voxels are part of it.
        final IsolatedVoxels isolated =
                noise.isAuto() && !first.model().equals(new NoiseModel.None())
                        ? IsolatedVoxels.of(read, first.model())
                        : null;
        final boolean filled = isolated != null && !isolated.isEmpty();
        final Volume measured = filled ? isolated.filled() : read;
        final Noise found =
                filled
                        ? noise(measured)
                                .with(isolated.describe("were filled from their neighbours."))
                        : first;
        found.findings().forEach(findings::add);
        final int[] position = problem.volumes.position(problem.volume);
        return restorer.restore(
                measured,
                blur,
                found.model(),
                sampling.ofPlane(position[0], position[1], position[2]),
                progress);
    }

    /** The noise of a volume: some of its slices, one below the other, make a plane. */
    private Noise noise(Volume measured) {
        final int depth = noise.isAuto() ? Math.min(SLICES_FOR_NOISE, measured.depth()) : 1;
        final int plane = measured.width() * measured.height();
        final float[] some = new float[depth * plane];
        for (int i = 0; i < depth; i++)
            System.arraycopy(
                    measured.samples(),
                    (int) ((i + 0.5) * measured.depth() / depth) * plane,
                    some,
                    i * plane,
                    plane);
        return noise(1, null, Plane.of(some, measured.width(), depth * measured.height()));
    }

    /** One of the selected volumes. */
    private final class Problem {

        private final VolumeSelection volumes;
        private final int volume;
        private final Rectangle box;
        private final int before;

        Problem(VolumeSelection volumes, int volume, Rectangle box) {
            this.volumes = volumes;
            this.volume = volume;
            this.box = box;
            before = volumes.before(axialMargin);
        }

        Volume measured() {
            final int after = volumes.after(axialMargin);
            for (int z = -before; z < volumes.depth() + after; z++)
                finite(source.read(volumes.index(volume, z), box), volumes.index(volume, z));
            return volumes.read(source, volume, before, after, box);
        }

        private IntStream places(ResultImage image, int z) {
            return IntStream.range(0, blur.scale())
                    .map(k -> image.place(volumes.place(volume, z), k));
        }

        void put(ResultImage image, Volume restored) {
            for (int z = 0; z < volumes.depth(); z++)
                for (int k = 0; k < blur.scale(); k++) {
                    final float[] slice = restored.slice((before + z) * blur.scale() + k);
                    image.put(
                            image.place(volumes.place(volume, z), k),
                            Plane.of(slice, box.width, box.height));
                }
        }

        void copy(ResultImage image) {
            for (int z = 0; z < volumes.depth(); z++) places(image, z).forEach(image::copyBlank);
        }

        void clear(ResultImage image) {
            for (int z = 0; z < volumes.depth(); z++) places(image, z).forEach(image::clear);
        }
    }
}
