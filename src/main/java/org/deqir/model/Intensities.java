/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model;

import java.util.Arrays;
import java.util.stream.Collectors;

/** The values of black and white in a network's images. */
public enum Intensities {
    /** Images from −1 to 1, as most diffusion networks are trained on. */
    SIGNED(-1, 1),
    /** Images from 0 to 1. */
    UNIT(0, 1);

    private final int low;
    private final int high;

    Intensities(int low, int high) {
        this.low = low;
        this.high = high;
    }

    /** {@return the lower end of an image's useful range} */
    public int low() {
        return low;
    }

    /** {@return the upper end of an image's useful range} */
    public int high() {
        return high;
    }

    /**
     * The convention with these ends.
     *
     * @throws IllegalArgumentException if there is none
     */
    static Intensities of(double low, double high) {
        return Arrays.stream(values())
                .filter(known -> known.low == low && known.high == high)
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "The model's images reach from "
                                                + low
                                                + " to "
                                                + high
                                                + "; known are "
                                                + Arrays.stream(values())
                                                        .map(i -> i.low + " to " + i.high)
                                                        .collect(Collectors.joining(" and "))
                                                + "."));
    }
}
