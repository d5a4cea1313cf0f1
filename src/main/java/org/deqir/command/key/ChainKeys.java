/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.key;

import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.deqir.ChainOptions;
import org.deqir.Optimization;
import org.deqir.diffusion.TimestepSequence.Spacing;
import org.deqir.image.IntensityRange;

/**
 * Keys about the chain that are texts, so that {@value #AUTO} can stand for what the mode chooses.
 */
public final class ChainKeys {

    /** Value of a key that leaves the choice to the mode. */
    public static final String AUTO = "auto";

    private static final String NUMBER = "[-+]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][-+]?\\d+)?";
    private static final Pattern RANGE =
            Pattern.compile("\\s*(" + NUMBER + ")\\s*-\\s*(" + NUMBER + ")\\s*");

    private ChainKeys() {}

    /**
     * {@return a number, or null for {@value #AUTO}}
     *
     * @throws IllegalArgumentException if the value is neither; the message names the key
     */
    public static Double number(String key, String value) {
        return parsed(key, value, "a number", Double::valueOf);
    }

    /**
     * {@return a whole number, or null for {@value #AUTO}}
     *
     * @throws IllegalArgumentException if the value is neither; the message names the key
     */
    public static Integer wholeNumber(String key, String value) {
        return parsed(key, value, "a whole number", Integer::valueOf);
    }

    private static <T> T parsed(
            String key, String value, String accepted, Function<String, T> parser) {
        if (isAuto(value)) return null;
        try {
            return parser.apply(value.strip());
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    key + " = '" + value + "' is neither auto nor " + accepted + ".", e);
        }
    }

    /** {@return how {@code spacing} spreads the steps of the chain; null for {@value #AUTO}} */
    public static Spacing spacing(String value) {
        return switch (value) {
            case "log" -> Spacing.LOG_SIGMA;
            case "uniform" -> Spacing.UNIFORM;
            case "quadratic" -> Spacing.QUADRATIC;
            default -> null;
        };
    }

    /**
     * {@return the state that {@code start} begins with; null for {@value #AUTO} and for what is no
     * state of a chain}
     */
    public static ChainOptions.Start start(String value) {
        return switch (value) {
            case "guess" -> ChainOptions.Start.GUESS;
            case "noise" -> ChainOptions.Start.NOISE;
            default -> null;
        };
    }

    /**
     * {@return what {@code held} keeps of an evaluation of the network; null for {@value #AUTO}}
     */
    public static ChainOptions.Held held(String value) {
        return switch (value) {
            case "image" -> ChainOptions.Held.IMAGE;
            case "noise" -> ChainOptions.Held.NOISE;
            default -> null;
        };
    }

    /** {@return how {@code gradient} differentiates; unrolled for any other text} */
    public static Optimization.Kind gradient(String value) {
        return switch (value) {
            case "phantom" -> Optimization.Kind.PHANTOM;
            case "implicit" -> Optimization.Kind.IMPLICIT;
            default -> Optimization.Kind.UNROLLED;
        };
    }

    /**
     * {@return the grey levels of {@code range}, as in {@code 0-255} or {@code -1-1}; null for
     * {@value #AUTO}}
     *
     * @throws IllegalArgumentException if the text is neither, or the range is empty
     */
    public static IntensityRange range(String value) {
        if (isAuto(value)) return null;
        final Matcher range = RANGE.matcher(value);
        if (range.matches()) {
            final double low = Double.parseDouble(range.group(1));
            final double high = Double.parseDouble(range.group(2));
            if (low < high && Double.isFinite(low) && Double.isFinite(high))
                return new IntensityRange(low, high);
        }
        throw new IllegalArgumentException(
                "range = '"
                        + value
                        + "' is neither auto nor two rising grey levels such as 0-255.");
    }

    private static boolean isAuto(String value) {
        return value.strip().equals(AUTO);
    }
}
