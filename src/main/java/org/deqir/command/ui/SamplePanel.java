/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.ui;

import ij.ImagePlus;
import ij.process.ByteProcessor;
import ij.process.ColorProcessor;
import ij.process.ImageProcessor;
import java.util.List;
import org.deqir.image.Plane;
import org.deqir.training.Sample;

/** Restored patches side by side: a row for each, noisy, restored and true from left to right. */
public final class SamplePanel {

    private static final int GAP = 4;

    private SamplePanel() {}

    /** {@return noisy image, prediction and truth of each sample, side by side} */
    public static ImagePlus of(String title, List<Sample> samples) {
        final Plane first = samples.get(0).truth();
        final int width = 3 * (first.width() + GAP) - GAP;
        final int height = samples.size() * (first.height() + GAP) - GAP;
        final ImageProcessor panel =
                first.channels().length == 3
                        ? new ColorProcessor(width, height)
                        : new ByteProcessor(width, height);
        for (int row = 0; row < samples.size(); row++) {
            final Sample sample = samples.get(row);
            final Plane[] planes = {sample.noisy(), sample.restored(), sample.truth()};
            for (int column = 0; column < planes.length; column++)
                put(
                        panel,
                        planes[column],
                        column * (first.width() + GAP),
                        row * (first.height() + GAP));
        }
        return new ImagePlus(title + ": noisy, restored, truth", panel);
    }

    private static void put(ImageProcessor panel, Plane plane, int left, int top) {
        for (int y = 0, i = 0; y < plane.height(); y++)
            for (int x = 0; x < plane.width(); x++, i++) {
                int value = 0;
                for (final float[] channel : plane.channels())
                    value = value << 8 | shown(channel[i]);
                panel.set(left + x, top + y, value);
            }
    }

    /** −1 … 1 as 0 … 255. */
    private static int shown(float value) {
        return (int) Math.max(0, Math.min(255, Math.round((value + 1) * 127.5)));
    }
}
