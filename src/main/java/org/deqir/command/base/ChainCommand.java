/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.base;

import ij.ImagePlus;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.deqir.ChainOptions;
import org.deqir.Optimization;
import org.deqir.Sampling.Mode;
import org.deqir.command.image.PlaneSource;
import org.deqir.command.key.ChainKeys;
import org.deqir.image.IntensityLimits;
import org.deqir.image.IntensityRange;
import org.scijava.plugin.Parameter;

/**
 * The keys about a chain and its solver for experts; all texts, {@code auto} for the mode's own.
 */
public abstract class ChainCommand extends DeqirCommand {

    protected static final List<String> CHAIN_KEYS =
            List.of(
                    "etw",
                    "nw",
                    "spacing",
                    "first",
                    "start",
                    "range",
                    "held",
                    "history",
                    "regularization",
                    "mixing",
                    "gradient",
                    "tau",
                    "terms",
                    "bound",
                    "startprior");

    private static final Set<String> OF_DESCENT =
            Set.of("gradient", "tau", "terms", "bound", "startprior");

    @Parameter(
            label = "Noise dropped (etw)",
            description =
                    "published: share of the predicted noise that a step drops, 0 to 1; auto is 0.1.")
    private String etw = ChainKeys.AUTO;

    @Parameter(
            label = "Noise added (nw)",
            description = "published: weight of the noise that a step adds; auto is 0.")
    private String nw = ChainKeys.AUTO;

    @Parameter(
            label = "Spacing",
            description =
                    "published: how the timesteps are spread, evenly in log sigma, in t or in the root"
                            + " of t; auto is uniform.",
            choices = {"auto", "log", "uniform", "quadratic"})
    private String spacing = ChainKeys.AUTO;

    @Parameter(
            label = "First timestep",
            description =
                    "published: timestep below which all lie; auto is the model's number, 1000.")
    private String first = ChainKeys.AUTO;

    @Parameter(
            label = "Start",
            description =
                    "published: what the chain starts from, a classical guess or noise; auto is noise."
                            + " Guided Restoration: where descent begins, at what is restored without"
                            + " the reference (auto) or at the state from which the prior makes the"
                            + " reference.",
            choices = {"auto", "guess", "noise", "measurement", "reference"})
    protected String start = ChainKeys.AUTO;

    @Parameter(
            label = "Grey levels",
            description =
                    "published: grey levels that the prior sees as -1 and 1, such as 0-255; auto is"
                            + " 0-255 for 8-bit and RGB, otherwise the least and the largest.")
    private String range = ChainKeys.AUTO;

    @Parameter(
            label = "Held",
            description =
                    "parallel solvers: what a round keeps of the network's answers, the estimated image"
                            + " or the noise; auto is noise where published.",
            choices = {"auto", "image", "noise"})
    private String held = ChainKeys.AUTO;

    @Parameter(
            label = "History (m)",
            description = "anderson, triangular: past rounds that are mixed; auto is 5.")
    private String history = ChainKeys.AUTO;

    @Parameter(
            label = "Regularization",
            description = "anderson, triangular: the λ of the mixture; auto is 0.001.")
    private String regularization = ChainKeys.AUTO;

    @Parameter(
            label = "Mixing",
            description =
                    "anderson, triangular: share of the new states, the β of the mixture, up to 1;"
                            + " auto is 1.")
    private String mixing = ChainKeys.AUTO;

    @Parameter(
            label = "Gradient",
            description =
                    "descent on the start: through the chain step by step, exact (auto); through a few"
                            + " damped rounds at the fixed point; or through its equation, solved to"
                            + " a bound.",
            choices = {"auto", "unrolled", "phantom", "implicit"})
    private String gradient = ChainKeys.AUTO;

    @Parameter(
            label = "Damping (tau)",
            description = "phantom: share of the new states in a round, up to 1; auto is 0.1.")
    private String tau = ChainKeys.AUTO;

    @Parameter(label = "Terms", description = "phantom: number of damped rounds; auto is 1.")
    private String terms = ChainKeys.AUTO;

    @Parameter(
            label = "Bound",
            description = "implicit: relative residual of the equation; auto is 0.01.")
    private String bound = ChainKeys.AUTO;

    @Parameter(
            label = "Weight of the start (lambda2)",
            description =
                    "descent on the start: weight of the start's own probability; auto is 1, 0.01 with"
                            + " a reference, 0 where published.")
    private String startprior = ChainKeys.AUTO;

    /** Keys before and after these, each list with blanks between. */
    protected static List<String> joined(String before, String after) {
        final List<String> keys = new ArrayList<>(List.of(before.split(" ")));
        keys.addAll(CHAIN_KEYS);
        keys.addAll(List.of(after.split(" ")));
        return keys;
    }

    /** What kind of answer the keys ask for. */
    protected abstract Mode mode();

    /** Whether the keys ask for the published method. */
    protected final boolean isPublished() {
        return mode() == Mode.PUBLISHED;
    }

    /**
     * @throws IllegalArgumentException if the keys ask for the published method
     */
    protected final void requireOther(String problem, String reason) {
        if (isPublished())
            throw new IllegalArgumentException(
                    problem + " mode = 'published', which " + reason + "; take another mode.");
    }

    /** Rounds of descent on the start of the chain that the keys ask for. */
    protected int descents() {
        return 0;
    }

    /**
     * The descent as the keys state it.
     *
     * @throws IllegalArgumentException if one is not understood or not used
     */
    protected final Optimization optimization(double rate) {
        final Optimization.Gradient by =
                new Optimization.Gradient(
                        ChainKeys.gradient(gradient),
                        ChainKeys.number("tau", tau),
                        ChainKeys.wholeNumber("terms", terms),
                        ChainKeys.number("bound", bound));
        final Double weight = ChainKeys.number("startprior", startprior);
        final boolean stated = weight != null || !gradient.equals(ChainKeys.AUTO);
        if (stated && descents() == 0)
            throw new IllegalArgumentException(
                    (weight != null ? "startprior = " + startprior : "gradient = " + gradient)
                            + " is not used without descent on the start of the chain: leave it out,"
                            + " or give optimize=10 or so where a command has it.");
        return new Optimization(descents(), rate, null, by, weight);
    }

    /** Whether this is the key's place to say where descent begins. */
    protected boolean startsDescent() {
        return false;
    }

    /**
     * The options as the keys state them.
     *
     * @throws IllegalArgumentException if one is not understood or out of range
     */
    protected final ChainOptions chainOptions() {
        optimization(Optimization.DEFAULT_RATE);
        final boolean ofDescent = start.equals("measurement") || start.equals("reference");
        if (ofDescent && !startsDescent())
            throw new IllegalArgumentException(
                    "start = '"
                            + start
                            + "' belongs to DeqIR Guided Restoration...; the choices here are: auto,"
                            + " guess, noise.");
        return new ChainOptions(
                ChainKeys.number("etw", etw),
                ChainKeys.number("nw", nw),
                ChainKeys.spacing(spacing),
                ChainKeys.wholeNumber("first", first),
                ChainKeys.start(start),
                ChainKeys.held(held),
                ChainKeys.wholeNumber("history", history),
                ChainKeys.number("regularization", regularization),
                ChainKeys.number("mixing", mixing),
                range());
    }

    private IntensityRange range() {
        final IntensityRange stated = ChainKeys.range(range);
        if (stated != null || !isPublished() || image == null) return stated;
        if (image.getBitDepth() != 8 && image.getType() != ImagePlus.COLOR_RGB) return null;
        final IntensityLimits limits = PlaneSource.of(image).limits();
        return new IntensityRange(limits.low(), limits.high());
    }

    /** Those of these keys that do not count with a mode and a solver. */
    protected final Set<String> idleChainKeys(String solver) {
        final Set<String> idle = new HashSet<>();
        if (!isPublished()) idle.addAll(Set.of("etw", "nw", "spacing", "first", "start", "range"));
        if (startsDescent()) idle.remove("start");
        if (descents() == 0) idle.addAll(OF_DESCENT);
        if (!gradient.equals("phantom")) idle.addAll(Set.of("tau", "terms"));
        if (!gradient.equals("implicit")) idle.add("bound");
        final boolean mixes =
                solver.equals("anderson")
                        || solver.equals("triangular")
                        || isPublished() && solver.equals("auto");
        if (!mixes) idle.addAll(Set.of("history", "regularization", "mixing"));
        if (!mixes && !solver.startsWith("parallel")) idle.add("held");
        return idle;
    }
}
