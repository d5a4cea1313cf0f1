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
import org.deqir.Restorer;
import org.deqir.Sampling;
import org.deqir.command.image.PlaneSource;
import org.deqir.command.image.Region;
import org.deqir.command.image.ResultImage.Samples;
import org.deqir.command.image.SliceSelection;
import org.deqir.command.key.NeighbourKeys;
import org.deqir.command.key.Noise;
import org.deqir.command.key.NoiseKeys;
import org.deqir.image.Plane;
import org.deqir.neighbours.Fusion;
import org.deqir.physics.Degradation;
import org.deqir.physics.noise.IsolatedPixels;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;

/**
 * One restoration of one image, plane by plane: what happened to each plane, and what of it is to
 * be restored.
 *
 * <p>This class is the task whose degradation is the same for all planes; others override the
 * questions that they answer differently.
 */
public class RestorationTask {

    private static final String ROUNDED =
            "The noise is less than one grey level. The result is rounded to whole grey levels, as"
                    + " the image is: convert the image to 32-bit first to keep what lies between"
                    + " them.";

    /** The image that is restored. */
    public final PlaneSource source;

    private final String suffix;
    private final Degradation degradation;
    final NoiseKeys noise;
    private final int margin;

    /** Planes that help each other; null if each is restored for itself. */
    private Neighbourhood neighbourhood;

    /** Sentences for the user about what was made of the keys. */
    public final List<String> notices = new ArrayList<>();

    /**
     * @param suffix what the result's title adds to the input's
     * @param degradation what happened to every plane; null if that differs
     * @param margin pixels of context around a selection that help to restore it
     */
    public RestorationTask(
            PlaneSource source,
            String suffix,
            Degradation degradation,
            NoiseKeys noise,
            int margin) {
        this.source = source;
        this.suffix = suffix;
        this.degradation = degradation;
        this.noise = noise;
        this.margin = margin;
    }

    /**
     * Lets planes of the stack help each other: what neighbours show as well is averaged.
     *
     * @return this task
     * @throws IllegalArgumentException if there is no neighbour, volumes are restored, or the
     *     measurement is taken as exact
     */
    public final RestorationTask with(NeighbourKeys keys) {
        if (keys.isNone()) return this;
        final String stated = "neighbours = " + keys.count();
        if (volumes() != null)
            throw new IllegalArgumentException(
                    stated + " is for single planes; a volume is restored as one.");
        if (noise.isNone())
            throw new IllegalArgumentException(
                    stated
                            + " needs the noise, which tells what planes share: state it or give"
                            + " noise=auto.");
        neighbourhood = new Neighbourhood(this, keys.of(source.image()));
        return this;
    }

    final String suffix() {
        return suffix;
    }

    /** {@return channels of the images that the prior may know, the preferred number first} */
    public List<Integer> priorChannels() {
        return !source.isRgb()
                ? List.of(1)
                : source.isGreyOrHasEmptyChannels() ? List.of(1, 3) : List.of(3, 1);
    }

    /** {@return pixels of the result per pixel of the input along each side} */
    final int scale() {
        return degradation == null ? 1 : degradation.scale();
    }

    /** {@return this task if it restores volumes, null if it restores plane by plane} */
    public VolumeTask volumes() {
        return null;
    }

    /** What the result's samples are. */
    Samples samples() {
        return Samples.LIKE_INPUT;
    }

    /** {@return what of each selected plane changes} */
    public Region region(SliceSelection slices) {
        return Region.selected(source.image(), margin);
    }

    /** {@return a region of the same task for a part of the plane, for the preview} */
    public Region region(Rectangle part) {
        return Region.rectangle(source.image(), part, margin);
    }

    /**
     * Why a part of the {@code index}-th plane, from 1, holds nothing to restore: all its pixels
     * are the same, or none is finite. In a stack such a plane is copied.
     *
     * @return the end of a sentence; empty if there is something to restore
     */
    public String blank(int index, Rectangle part) {
        if (source.isWithoutNumbers(index, part)) return PlaneSource.NO_NUMBER;
        for (final float[] channel : source.read(index, part).channels())
            for (final float level : channel) if (level != channel[0]) return "";
        return "all its pixels are the same";
    }

    /**
     * {@return position in the stack, from 1, of the first selected plane whose part is not blank;
     * of the first of all if each of them is}
     */
    final int first(SliceSelection slices, Rectangle part) {
        return IntStream.range(0, slices.size())
                .map(slices::index)
                .filter(index -> slices.size() == 1 || blank(index, part).isEmpty())
                .findFirst()
                .orElse(slices.index(0));
    }

    /**
     * {@return the sentence about a plane, from 1, that was copied; {@code why} is of {@link
     * #blank}}
     */
    public static String copied(int index, String why) {
        return "Slice " + index + " was copied: " + why + ".";
    }

    /** {@return what the user should know about the result whatever the pixels are} */
    public List<String> notices() {
        return List.of();
    }

    /**
     * {@return the measured grey levels of a part of the {@code index}-th plane, from 1}
     *
     * @throws IllegalArgumentException if pixels are NaN or infinite
     */
    Plane measurement(int index, Rectangle part) {
        return finite(source.read(index, part), index);
    }

    /** The plane, which must not hold NaN or infinite pixels. */
    final Plane finite(Plane plane, int index) {
        if (plane.hasNonFinite())
            throw new IllegalArgumentException(
                    "There are NaN or infinite pixels in "
                            + source.nameOf(index)
                            + ": fill them first with DeqIR Inpaint..., missing=nan.");
        return plane;
    }

    /**
     * {@return what happened to a part of the {@code index}-th plane, from 1; null if there is
     * nothing to restore in it}
     */
    public Degradation degradation(int index, Rectangle part) {
        return degradation;
    }

    /** The noise of what {@link #measurement} gave: as stated, or as estimated from it. */
    Noise noise(int index, Rectangle part, Plane measured) {
        final Noise found =
                noise.isAuto()
                        ? Noise.estimated(measured, degradation)
                        : Noise.stated(noise.model(), measured);
        if (source.image().getBitDepth() <= 16
                && found.isWithinRounding(measured)
                && !notices.contains(ROUNDED)) notices.add(ROUNDED);
        return found;
    }

    /** The pixels of a part of a plane that are unknown, or null. */
    boolean[] unknown(int index, Rectangle part) {
        return null;
    }

    /**
     * What was measured in a part of a plane, its noise, and what neighbouring planes add to it.
     */
    final synchronized Measured measured(int index, Rectangle part) {
        return neighbourhood == null
                ? measuredAlone(index, part)
                : neighbourhood.measured(index, part);
    }

    /**
     * What was measured in a part of a plane. Where the noise is estimated, isolated pixels are
     * part of it: they are filled, and the noise of the others is what counts.
     */
    final Measured measuredAlone(int index, Rectangle part) {
        final Plane plane = measurement(index, part);
        final Noise found = noise(index, part, plane);
        if (!noise.isAuto() || found.model().equals(new NoiseModel.None()))
            return new Measured(plane, found);
        final IsolatedPixels isolated =
                IsolatedPixels.of(plane, unknown(index, part), found.model());
        if (isolated.isEmpty()) return new Measured(plane, found);
        return new Measured(
                isolated.filled(),
                noise(index, part, isolated.filled())
                        .with(isolated.describe("were filled from their neighbours.")));
    }

    /**
     * @param plane the grey levels to restore
     * @param noise their noise
     * @param fused their average with neighbouring planes, or null
     */
    record Measured(Plane plane, Noise noise, Fusion.Fused fused) {

        Measured(Plane plane, Noise noise) {
            this(plane, noise, null);
        }
    }

    /** {@return whether planes are averaged with their neighbours} */
    public final boolean isAveraged() {
        return neighbourhood != null;
    }

    /** The planes that help each other; null if none does. */
    final Neighbourhood neighbourhood() {
        return neighbourhood;
    }

    /** Whether a second image tells how many exposures entered each pixel. */
    final boolean showsExposures() {
        return neighbourhood != null && neighbourhood.keys().map();
    }

    /**
     * The settings for planes that are restored without their neighbours, where others are averaged
     * with theirs.
     */
    Sampling settledAlone(Sampling sampling, Restorer restorer, Region region, Progress progress) {
        return sampling;
    }

    /**
     * The settings as the user stated them for all slices, where one of them has to decide for the
     * others.
     */
    Sampling settled(
            Sampling sampling,
            Restorer restorer,
            SliceSelection slices,
            Region region,
            Progress progress) {
        return sampling;
    }

    /**
     * Last corrections of restored grey levels, which may be changed; {@code measured} is of {@link
     * #measurement}.
     */
    Plane corrected(int index, Rectangle part, Plane measured, Plane restored) {
        return restored;
    }
}
