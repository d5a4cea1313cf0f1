/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import io.soabase.recordbuilder.core.RecordBuilder;
import org.deqir.equilibrium.solver.SolverKind;

/**
 * How the restored image is computed from the prior.
 *
 * <p>Immutable; start from {@link #DEFAULT} and change single settings with the {@code with…}
 * methods.
 *
 * @param mode what kind of answer is wanted
 * @param steps number of noise levels of the chain; 0 for the task's own default
 * @param solver how the chain, as one system of equations, is solved
 * @param iterations most rounds a parallel solver may take; 0 for as many as it may need
 * @param tolerance largest relative residual of a settled noise level; 0 for the solver's default
 * @param samples number of independent samples; with more than one, the restored image comes with a
 *     standard deviation. In sample mode the restored image is their mean
 * @param seed seed of all random numbers
 * @param plane which plane of a stack is restored: each has noise of its own, 0 that of a single
 *     image (see {@link #ofPlane})
 * @param strength factor on the noise level that the restoration assumes, 1 for the stated noise
 * @param binning width and height in pixels of the blocks over which denoising averages first: 1
 *     for none, up to {@value #LARGEST_BINNING} for images that are oversampled for their noise; 0
 *     to measure what suits the image; 12 and 23 for the mean of the results of 1 and 2, of 2 and
 *     3, which is what the measurement gives in doubt
 * @param options what experts may say about the chain and its solver
 */
@RecordBuilder
@RecordBuilder.Options(builderClassModifiers = {})
public record Sampling(
        Mode mode,
        int steps,
        SolverChoice solver,
        int iterations,
        double tolerance,
        int samples,
        long seed,
        long plane,
        double strength,
        int binning,
        ChainOptions options)
        implements SamplingBuilder.With {

    /** What kind of answer is wanted. */
    public enum Mode {
        /** The best estimate of the mean: for those who measure. */
        FIDELITY,
        /** One plausible image, with fresh noise in every step; several give mean and spread. */
        SAMPLE,
        /**
         * The method as Cao et al. 2024 published it, for comparison: from noise, through uniform
         * timesteps, with hard projection of a measurement without noise.
         */
        PUBLISHED
    }

    /** How the joint system is solved. All solvers have the same solution. */
    public enum SolverChoice {
        /** The one that should be fastest on this machine, by measuring what network calls take. */
        AUTO(null),
        /** One noise level after another. */
        SEQUENTIAL(SolverKind.SEQUENTIAL),
        /** All noise levels at once, plain iteration (Picard). */
        PARALLEL(SolverKind.PARALLEL),
        /** Anderson acceleration per noise level (Cao et al. 2024). */
        ANDERSON(SolverKind.ANDERSON),
        /** Anderson acceleration that respects the order of the noise levels. */
        TRIANGULAR(SolverKind.TRIANGULAR);

        private final SolverKind kind;

        SolverChoice(SolverKind kind) {
            this.kind = kind;
        }

        /**
         * {@return the choice of a name}
         *
         * @param name {@code auto}, or that of a {@link SolverKind}
         * @throws IllegalArgumentException if there is none of this name
         */
        public static SolverChoice named(String name) {
            return name.equals("auto") ? AUTO : valueOf(SolverKind.named(name).name());
        }

        /** {@return the solver that is asked for; null for {@link #AUTO}} */
        public SolverKind kind() {
            return kind;
        }
    }

    /** Largest {@link #binning}. */
    public static final int LARGEST_BINNING = 4;

    /** Fidelity mode with every setting left to the task. */
    public static final Sampling DEFAULT =
            new Sampling(
                    Mode.FIDELITY, 0, SolverChoice.AUTO, 0, 0, 1, 0, 0, 1, 0, ChainOptions.NONE);

    /**
     * @throws IllegalArgumentException if a value is out of its range
     */
    public Sampling {
        require(
                mode != null && solver != null && options != null,
                "mode, solver and options must be given");
        require(steps >= 0 && steps <= 1000, "steps = " + steps + " is not within 0 … 1000");
        require(iterations >= 0, "iterations = " + iterations + " is negative");
        require(
                tolerance >= 0 && tolerance < 1,
                "tolerance = " + tolerance + " is not at least 0 and below 1");
        require(
                samples >= 1 && samples <= 1000,
                "samples = " + samples + " is not within 1 … 1000");
        require(
                strength > 0 && strength <= 10,
                "strength = " + strength + " is not above 0 and at most 10");
        require(
                binning >= 0 && binning <= LARGEST_BINNING || binning == 12 || binning == 23,
                "binning = " + binning + " is not within 0 … " + LARGEST_BINNING);
        options.requireUsed(mode, solver);
        require(
                mode != Mode.PUBLISHED || strength == 1,
                "strength = " + strength + " is not used in mode published, which knows no noise");
    }

    /**
     * {@return these settings with a mode, a solver, and the options that belong to them}
     *
     * @param newMode the method of restoring
     * @param newSolver what solves the chain
     * @param newOptions of the chain and its solver
     */
    public Sampling of(Mode newMode, SolverChoice newSolver, ChainOptions newOptions) {
        return with(s -> s.mode(newMode).solver(newSolver).options(newOptions));
    }

    /**
     * {@return these settings for the plane at a place in a hyperstack} Planes must not share their
     * noise, and a plane restored alone must have the noise that it has in the whole. The first
     * plane's is that of a single image.
     *
     * @param channel from 0
     * @param slice from 0
     * @param frame from 0
     */
    public Sampling ofPlane(long channel, long slice, long frame) {
        return withPlane(channel + (slice << 20) + (frame << 42));
    }

    /** For one of the channels of a plane that are restored one by one. */
    Sampling ofChannelOfPlane(int channel) {
        return withPlane(plane + ((long) channel << 58));
    }

    private static void require(boolean condition, String problem) {
        if (!condition) throw new IllegalArgumentException(problem + ".");
    }
}
