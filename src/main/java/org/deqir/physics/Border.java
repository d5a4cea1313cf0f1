/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What lies outside the field of view of a blurred image, whose light reaches into it. */
public enum Border {
    /** It is unknown, and estimated with the image. */
    UNKNOWN,
    /** It is the mirror image of the field, with the edge pixel repeated (d c b a | a b c d). */
    MIRRORED,
    /** It is dark: grey level 0. */
    ZEROS;

    /** {@return the value of the key {@code border}} */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * {@return the border with a key}
     *
     * @throws IllegalArgumentException if there is none, naming those that there are
     */
    public static Border of(String key) {
        for (final Border border : values()) if (border.key().equals(key)) return border;
        throw new IllegalArgumentException(
                "border = '"
                        + key
                        + "' is not known; the choices are: "
                        + Arrays.stream(values()).map(Border::key).collect(Collectors.joining(", "))
                        + ".");
    }

    /** {@return what it is in words, for a result's provenance} */
    public String describe() {
        return this == ZEROS ? "zeros beyond the border" : key() + " border";
    }
}
