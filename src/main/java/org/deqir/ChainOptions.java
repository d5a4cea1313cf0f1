/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import io.soabase.recordbuilder.core.RecordBuilder;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.deqir.diffusion.TimestepSequence.Spacing;
import org.deqir.image.IntensityRange;

/**
 * What experts may say about a chain and its solver; each is null where that is left to the mode.
 *
 * @param etw share of the predicted noise that a step drops, 0 to 1; published mode only
 * @param nw weight of fresh noise in a step, ≥ 0; published mode only
 * @param spacing how the timesteps are spread; published mode only
 * @param first timestep below which all timesteps lie, from 1; published mode only
 * @param start what the chain starts from; published mode only
 * @param held what the joint map holds of an evaluation
 * @param history past iterates that Anderson acceleration mixes, ≥ 1 (m)
 * @param regularization weight of its regularization, ≥ 0 (λ)
 * @param mixing share of F(X) in its next iterate, above 0 to 1 (β)
 * @param range grey levels that the prior sees as −1 and 1; published mode only
 */
@RecordBuilder
@RecordBuilder.Options(builderClassModifiers = {})
public record ChainOptions(
        Double etw,
        Double nw,
        Spacing spacing,
        Integer first,
        Start start,
        Held held,
        Integer history,
        Double regularization,
        Double mixing,
        IntensityRange range)
        implements ChainOptionsBuilder.With {

    /** What a chain starts from. */
    public enum Start {
        /** A classical first guess, with noise of the first level. */
        GUESS,
        /** Noise alone, as published. */
        NOISE
    }

    /** What the joint map holds of an evaluation of the network while states move on. */
    public enum Held {
        /** The estimate of the clean image. */
        IMAGE,
        /** The predicted noise, as published. */
        NOISE
    }

    /** Everything is left to the mode. */
    public static final ChainOptions NONE =
            new ChainOptions(null, null, null, null, null, null, null, null, null, null);

    private static final Set<String> OF_ANY_MODE =
            Set.of("held", "history", "regularization", "mixing");

    /**
     * @throws IllegalArgumentException if a value is out of its range
     */
    public ChainOptions {
        require("etw", etw, etw == null || etw >= 0 && etw <= 1, "from 0 to 1");
        require("nw", nw, nw == null || nw >= 0 && nw <= 100, "from 0 to 100");
        require("first", first, first == null || first >= 1, "a timestep from 1");
        require("history", history, history == null || history >= 1 && history <= 100, "1 to 100");
        require(
                "regularization",
                regularization,
                regularization == null || regularization >= 0 && regularization <= 1e6,
                "from 0 to 1000000");
        require("mixing", mixing, mixing == null || mixing > 0 && mixing <= 1, "above 0 to 1");
    }

    private static void require(String name, Object value, boolean condition, String accepted) {
        if (!condition)
            throw new IllegalArgumentException(
                    name + " = " + value + " is not accepted: it must be " + accepted + ".");
    }

    /**
     * Checks that a mode makes use of every option that is set.
     *
     * @throws IllegalArgumentException for the first that it does not use
     */
    void requireUsed(Sampling.Mode mode, Sampling.SolverChoice solver) {
        final boolean published = mode == Sampling.Mode.PUBLISHED;
        final Map<String, Object> values = new LinkedHashMap<>();
        values.put("etw", etw);
        values.put("nw", nw);
        values.put("spacing", spacing);
        values.put("first", first);
        values.put("start", start);
        values.put("range", range);
        values.put("held", held);
        values.put("history", history);
        values.put("regularization", regularization);
        values.put("mixing", mixing);
        values.forEach(
                (name, value) -> {
                    if (value == null || published && !OF_ANY_MODE.contains(name)) return;
                    if (!OF_ANY_MODE.contains(name))
                        throw new IllegalArgumentException(
                                String.format(
                                        "%s = %s is not used in mode %s, which chooses for itself;"
                                                + " leave it out, or take mode=published.",
                                        name, text(value), text(mode)));
                    if (!uses(published, solver, name))
                        throw new IllegalArgumentException(
                                name
                                        + " = "
                                        + text(value)
                                        + " is not used by the solver "
                                        + text(solver)
                                        + (published ? "" : " in mode " + text(mode))
                                        + "; leave it out, or choose "
                                        + (name.equals("held")
                                                ? "a parallel solver."
                                                : "solver=anderson."));
                });
    }

    private static boolean uses(boolean published, Sampling.SolverChoice solver, String name) {
        return switch (solver) {
            case AUTO -> published;
            case SEQUENTIAL -> false;
            case PARALLEL -> name.equals("held");
            case ANDERSON, TRIANGULAR -> true;
        };
    }

    private static String text(Object value) {
        return value instanceof Enum<?> choice
                ? choice.name().toLowerCase(Locale.ROOT)
                : String.valueOf(value);
    }
}
