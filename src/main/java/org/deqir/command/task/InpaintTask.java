/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.task;

import java.awt.Rectangle;
import java.util.Arrays;
import java.util.List;
import org.deqir.command.image.PlaneSource;
import org.deqir.command.image.Region;
import org.deqir.command.image.ResultImage.Samples;
import org.deqir.command.image.SliceSelection;
import org.deqir.command.key.MissingPixelKeys;
import org.deqir.command.key.Noise;
import org.deqir.command.key.NoiseKeys;
import org.deqir.image.Plane;
import org.deqir.physics.Degradation;
import org.deqir.physics.degradation.MissingPixels;

/**
 * Fills in missing pixels. Without noise the known ones come back bit by bit; with noise they are
 * restored as well.
 */
public final class InpaintTask extends RestorationTask {

    private static final int CONTEXT = 64;

    private final MissingPixelKeys missing;
    private final boolean insideSelection;

    /**
     * @param insideSelection whether the image's selection restricts what is filled in
     */
    public InpaintTask(
            PlaneSource source,
            String suffix,
            MissingPixelKeys missing,
            boolean insideSelection,
            NoiseKeys noise) {
        super(source, suffix, null, noise, CONTEXT);
        this.missing = missing;
        this.insideSelection = insideSelection;
    }

    @Override
    public Region region(SliceSelection slices) {
        if (insideSelection && source.image().getRoi() != null) return super.region(slices);
        if (!noise.isNone()) return Region.whole(source.image());
        final Rectangle box = missing.bounds(source, slices);
        if (box.isEmpty())
            throw new IllegalArgumentException(
                    "No pixel of '" + source.image().getTitle() + "' is missing.");
        return Region.rectangle(source.image(), box, CONTEXT);
    }

    @Override
    public Degradation degradation(int index, Rectangle part) {
        final boolean[] known = missing.in(index, part);
        boolean anyMissing = false;
        boolean anyKnown = false;
        for (int i = 0; i < known.length; i++) {
            known[i] = !known[i];
            anyKnown |= known[i];
            anyMissing |= !known[i];
        }
        if (!anyKnown)
            throw new IllegalArgumentException(
                    "All pixels are missing in " + source.nameOf(index) + ".");
        if (!anyMissing && noise.isNone()) return null;
        return new MissingPixels(known, part.height, part.width);
    }

    @Override
    Samples samples() {
        return missing.samples();
    }

    @Override
    public List<String> notices() {
        if (samples() == Samples.LIKE_INPUT) return List.of();
        final int bits = source.image().getBitDepth();
        return List.of(
                "The result has %s bits: filled pixels may be brighter than %s bits can hold."
                        .formatted(2 * bits, bits));
    }

    /** A plane without any known pixel cannot be filled. */
    @Override
    public String blank(int index, Rectangle part) {
        final String blank = super.blank(index, part);
        if (!blank.isEmpty()) return blank;
        return MissingPixelKeys.areAll(missing.in(index, part)) ? "all its pixels are missing" : "";
    }

    /** Missing pixels take the mean of the known ones: what they hold must not matter. */
    @Override
    public Plane measurement(int index, Rectangle part) {
        final Plane plane = source.read(index, part);
        final boolean[] unknown = missing.in(index, part);
        for (final float[] channel : plane.channels()) {
            double sum = 0;
            int count = 0;
            for (int i = 0; i < unknown.length; i++)
                if (!unknown[i]) {
                    sum += channel[i];
                    count++;
                }
            for (int i = 0; i < unknown.length; i++)
                if (unknown[i]) channel[i] = (float) (sum / count);
        }
        return finite(plane, index);
    }

    @Override
    boolean[] unknown(int index, Rectangle part) {
        return missing.in(index, part);
    }

    @Override
    Noise noise(int index, Rectangle part, Plane measured) {
        if (!noise.isAuto()) return super.noise(index, part, measured);
        final boolean[] unknown = missing.in(index, part);
        final Plane known = measured.copy();
        for (final float[] channel : known.channels())
            for (int i = 0; i < unknown.length; i++) if (unknown[i]) channel[i] = Float.NaN;
        return super.noise(index, part, known);
    }

    @Override
    Plane corrected(int index, Rectangle part, Plane measured, Plane restored) {
        missing.raise(index, part, restored);
        if (!noise.isNone()) return restored;
        final boolean[] unknown = missing.in(index, part);
        final float[][] channels = new float[measured.channels().length][];
        Arrays.setAll(channels, c -> measured.channels()[c].clone());
        for (int c = 0; c < channels.length; c++)
            for (int i = 0; i < unknown.length; i++)
                if (unknown[i]) channels[c][i] = restored.channels()[c][i];
        return new Plane(channels, measured.width(), measured.height());
    }
}
