/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.solver;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The solvers there are, under the names users give them. */
public enum SolverKind {
    /** Step after step: one evaluation a level, nothing in parallel. */
    SEQUENTIAL("sequential", SequentialSolver::new),
    /** Plain iteration of F (Picard). */
    PARALLEL(
            "parallel fixed point",
            settings ->
                    new ParallelSolver(
                            "parallel fixed point", settings, levels -> new PlainUpdate())),
    /** Anderson acceleration of each timestep by itself, as Cao et al. 2024 do it. */
    ANDERSON(
            "anderson",
            settings ->
                    new ParallelSolver(
                            "anderson",
                            settings,
                            levels -> new AndersonUpdate(levels, settings, false))),
    /** Anderson acceleration that respects the order of time (ParaTAA, Tang et al. 2024). */
    TRIANGULAR(
            "triangular",
            settings ->
                    new ParallelSolver(
                            "triangular",
                            settings,
                            levels -> new AndersonUpdate(levels, settings, true)));

    private final String label;
    private final Function<SolverSettings, FixedPointSolver> factory;

    SolverKind(String label, Function<SolverSettings, FixedPointSolver> factory) {
        this.label = label;
        this.factory = factory;
    }

    /**
     * {@return the solver of a name}
     *
     * @throws IllegalArgumentException if there is none of this name
     */
    public static SolverKind named(String name) {
        for (SolverKind kind : values())
            if (kind.label.equals(name.toLowerCase(Locale.ROOT))) return kind;
        throw new IllegalArgumentException(
                "Solver \""
                        + name
                        + "\" is not known; known are "
                        + Arrays.stream(values())
                                .map(SolverKind::toString)
                                .collect(Collectors.joining(", "))
                        + ".");
    }

    /** {@return a solver of this kind; settings that it has no use for are ignored} */
    public FixedPointSolver create(SolverSettings settings) {
        return factory.apply(settings);
    }

    /** The name users give it. */
    @Override
    public String toString() {
        return label;
    }
}
