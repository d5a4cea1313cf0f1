/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import ij.ImagePlus;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.deqir.ChainOptions;
import org.deqir.Sampling.Mode;
import org.deqir.command.image.PlaneSource;
import org.deqir.command.key.ChainKeys;
import org.deqir.image.IntensityLimits;
import org.deqir.image.IntensityRange;
import org.scijava.plugin.Parameter;

/**
 * The keys about a chain and its solver for experts; all texts, {@code auto} for the mode's own.
 */
abstract class ChainCommand extends DeqirCommand {

    static final List<String> CHAIN_KEYS =
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
                    "mixing");

    @Parameter(
            label = "Noise dropped (etw)",
            description =
                    "published: share of the predicted noise that a step drops, 0 to 1; auto is 0.1.",
            callback = "updateCost",
            persist = false)
    private String etw = ChainKeys.AUTO;

    @Parameter(
            label = "Noise added (nw)",
            description = "published: weight of the noise that a step adds; auto is 0.",
            callback = "updateCost",
            persist = false)
    private String nw = ChainKeys.AUTO;

    @Parameter(
            label = "Spacing",
            description =
                    "published: how the timesteps are spread, evenly in log sigma, in t or in the root"
                            + " of t; auto is uniform.",
            choices = {"auto", "log", "uniform", "quadratic"},
            callback = "updateCost",
            persist = false)
    private String spacing = ChainKeys.AUTO;

    @Parameter(
            label = "First timestep",
            description =
                    "published: timestep below which all lie; auto is the model's number, 1000.",
            callback = "updateCost",
            persist = false)
    private String first = ChainKeys.AUTO;

    @Parameter(
            label = "Start",
            description =
                    "published: what the chain starts from, a classical guess or noise; auto is noise."
                            + " Guided Restoration: where descent begins, at what is restored without"
                            + " the reference (auto) or at the state from which the prior makes the"
                            + " reference.",
            choices = {"auto", "guess", "noise", "measurement", "reference"},
            callback = "updateCost",
            persist = false)
    String start = ChainKeys.AUTO;

    @Parameter(
            label = "Grey levels",
            description =
                    "published: grey levels that the prior sees as -1 and 1, such as 0-255; auto is"
                            + " 0-255 for 8-bit and RGB, otherwise the least and the largest.",
            callback = "updateCost",
            persist = false)
    private String range = ChainKeys.AUTO;

    @Parameter(
            label = "Held",
            description =
                    "parallel solvers: what a round keeps of the network's answers, the estimated image"
                            + " or the noise; auto is noise where published.",
            choices = {"auto", "image", "noise"},
            callback = "updateCost",
            persist = false)
    private String held = ChainKeys.AUTO;

    @Parameter(
            label = "History (m)",
            description = "anderson, triangular: past rounds that are mixed; auto is 5.",
            callback = "updateCost",
            persist = false)
    private String history = ChainKeys.AUTO;

    @Parameter(
            label = "Regularization",
            description = "anderson, triangular: the λ of the mixture; auto is 0.001.",
            callback = "updateCost",
            persist = false)
    private String regularization = ChainKeys.AUTO;

    @Parameter(
            label = "Mixing",
            description =
                    "anderson, triangular: share of the new states, the β of the mixture, up to 1;"
                            + " auto is 1.",
            callback = "updateCost",
            persist = false)
    private String mixing = ChainKeys.AUTO;

    /** Keys before and after these, each list with blanks between. */
    static List<String> joined(String before, String after) {
        final List<String> keys = new ArrayList<>(List.of(before.split(" ")));
        keys.addAll(CHAIN_KEYS);
        keys.addAll(List.of(after.split(" ")));
        return keys;
    }

    /** What kind of answer the keys ask for. */
    abstract Mode mode();

    /** Whether the keys ask for the published method. */
    final boolean isPublished() {
        return mode() == Mode.PUBLISHED;
    }

    /**
     * @throws IllegalArgumentException if the keys ask for the published method
     */
    final void requireOther(String problem, String reason) {
        if (isPublished())
            throw new IllegalArgumentException(
                    problem + " mode = 'published', which " + reason + "; take another mode.");
    }

    /** Whether this is the key's place to say where descent begins. */
    boolean startsDescent() {
        return false;
    }

    /**
     * The options as the keys state them.
     *
     * @throws IllegalArgumentException if one is not understood or out of range
     */
    final ChainOptions chainOptions() {
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
    final Set<String> idleChainKeys(String solver) {
        final Set<String> idle = new HashSet<>();
        if (!isPublished()) idle.addAll(Set.of("etw", "nw", "spacing", "first", "start", "range"));
        if (startsDescent()) idle.remove("start");
        final boolean mixes =
                solver.equals("anderson")
                        || solver.equals("triangular")
                        || isPublished() && solver.equals("auto");
        if (!mixes) idle.addAll(Set.of("history", "regularization", "mixing"));
        if (!mixes && !solver.startsWith("parallel")) idle.add("held");
        return idle;
    }
}
