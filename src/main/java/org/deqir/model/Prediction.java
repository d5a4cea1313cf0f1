/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What a network was trained to predict from x_t = √ᾱ·x₀ + √(1−ᾱ)·ε. Each tells the noise ε: with
 * the output o,
 *
 * <ul>
 *   <li>ε = o,
 *   <li>ε = (x_t − √ᾱ·o)/√(1−ᾱ) where the image is predicted,
 *   <li>ε = √ᾱ·o + √(1−ᾱ)·x_t where v = √ᾱ·ε − √(1−ᾱ)·x₀ is (Salimans and Ho, Progressive
 *       distillation for fast sampling of diffusion models, ICLR 2022, appendix D).
 * </ul>
 */
public enum Prediction {
    /** The noise, as the published networks do. */
    EPSILON("the noise", "the predicted noise"),
    /** The image without noise. */
    X0("the image", "the predicted image without noise"),
    /** The velocity v. */
    V("v", "the predicted v = sqrt(alpha_bar) * noise - sqrt(1 - alpha_bar) * image");

    /** Least √(1−ᾱ) to divide by: float32 then errs by less than a thousandth of the noise. */
    private static final double LEAST_NOISE = 1e-4;

    private final String words;
    private final String description;

    Prediction(String words, String description) {
        this.words = words;
        this.description = description;
    }

    /** {@return what messages call it} */
    public String words() {
        return words;
    }

    /** What the output is, for the descriptor. */
    String description() {
        return description;
    }

    /** {@return the key of the descriptor and of the import} */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * {@return the prediction with a key}
     *
     * @throws IllegalArgumentException if there is none
     */
    public static Prediction of(String key) {
        return Arrays.stream(values())
                .filter(known -> known.key().equals(key))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "The network predicts "
                                                + key
                                                + "; known are "
                                                + Arrays.stream(values())
                                                        .map(Prediction::key)
                                                        .collect(Collectors.joining(", "))
                                                + "."));
    }

    /** Factor of the network's output in the noise. */
    double ofOutput(double alphaBar) {
        return switch (this) {
            case EPSILON -> 1;
            case X0 -> -Math.sqrt(alphaBar) / noiseShare(alphaBar);
            case V -> Math.sqrt(alphaBar);
        };
    }

    /** Factor of the network's input in the noise. */
    double ofInput(double alphaBar) {
        return switch (this) {
            case EPSILON -> 0;
            case X0 -> 1 / noiseShare(alphaBar);
            case V -> Math.sqrt(1 - alphaBar);
        };
    }

    private static double noiseShare(double alphaBar) {
        return Math.max(LEAST_NOISE, Math.sqrt(1 - alphaBar));
    }
}
