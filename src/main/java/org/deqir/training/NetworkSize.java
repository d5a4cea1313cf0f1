/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.training;

import java.util.List;
import java.util.Locale;
import org.deqir.network.layout.GuidedDiffusionUNet;

/** Networks to train from the beginning, in the layout of guided-diffusion. */
public enum NetworkSize {
    /** 0.8 million weights, two levels: to try things out. */
    TINY(32, 1, List.of(1.0, 2.0)),
    /** 3 million weights, three levels. */
    SMALL(32, 1, List.of(1.0, 2.0, 4.0)),
    /** 8 million weights, four levels: as the shipped priors. */
    MEDIUM(32, 1, List.of(1.0, 2.0, 4.0, 6.0)),
    /** 45 million weights, four levels: for a GPU or much time. */
    LARGE(64, 2, List.of(1.0, 2.0, 4.0, 6.0));

    private static final int HEAD = 32;
    private static final int ATTENTION_FROM = 8;

    private final int width;
    private final int blocks;
    private final List<Double> multipliers;

    NetworkSize(int width, int blocks, List<Double> multipliers) {
        this.width = width;
        this.blocks = blocks;
        this.multipliers = multipliers;
    }

    /**
     * {@return the size of a name, such as {@code small}, in any case}
     *
     * @throws IllegalArgumentException if no size has this name
     */
    public static NetworkSize named(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }

    /** {@return the network for images of 1 channel, grey, or 3, RGB} */
    public GuidedDiffusionUNet architecture(int channels) {
        return new GuidedDiffusionUNet(
                channels,
                width,
                channels,
                blocks,
                List.of(ATTENTION_FROM),
                multipliers,
                HEAD,
                4,
                -1,
                true,
                true,
                true,
                false);
    }
}
