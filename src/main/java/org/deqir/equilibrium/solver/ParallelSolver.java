/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.solver;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.deqir.diffusion.TimestepSequence;
import org.deqir.equilibrium.HeldQuantity;
import org.deqir.equilibrium.JointState;
import org.deqir.equilibrium.JointSystem;
import org.deqir.equilibrium.NetworkCalls;
import org.deqir.equilibrium.RestorationChain;
import org.deqir.progress.Progress;

/**
 * Iterates the joint map F on all states at once, until they settle from the noisy end onwards.
 *
 * <p>The first state that is not settled yet follows from settled ones only, so F makes it exact:
 * at least one state settles in every iteration, and T iterations always suffice, whatever the
 * update does to the others. Beyond it, states settle whose residual is within the tolerance. Where
 * the settings limit the levels of a round, they are those of a window that slides to the clean end
 * as its first states settle (Shih et al. 2023, "Parallel Sampling of Diffusion Models"). What is
 * returned is always F(X), never X.
 */
final class ParallelSolver implements FixedPointSolver {

    private final String name;
    private final SolverSettings settings;
    private final Function<TimestepSequence, Update> updates;

    /**
     * @param updates makes the update of one run
     */
    ParallelSolver(
            String name, SolverSettings settings, Function<TimestepSequence, Update> updates) {
        this.name = name;
        this.settings = settings;
        this.updates = updates;
    }

    @Override
    public Solution solve(RestorationChain chain, NDArray start, Progress progress) {
        final JointState x = new JointState(start, chain.length());
        try (Update update = updates.apply(chain.levels())) {
            final SolverTrace trace = solve(chain, x, update, progress);
            if (!settings.keepStates()) for (int i = 0; i < x.length() - 1; i++) x.drop(i);
            return new Solution(x, settings.keepStates(), trace);
        } catch (RuntimeException | Error e) {
            x.close();
            throw e;
        }
    }

    private SolverTrace solve(
            RestorationChain chain, JointState x, Update update, Progress progress) {
        final long began = System.nanoTime();
        final NetworkCalls calls =
                new NetworkCalls(chain.predictor(), settings.maxBatch(), progress);
        final JointSystem system =
                new JointSystem(
                        chain, settings.held().orElseGet(() -> HeldQuantity.suitedTo(chain.mix())));
        final int length = chain.length();
        final int limit = Math.min(settings.maxIterations(), length);

        final int guessRounds = settings.guess().rounds(length);
        final double guessShare = guessRounds / (double) (guessRounds + limit);
        calls.begin("First guess", 0, guessShare, Math.max(1, guessRounds * (long) x.images()));
        settings.guess().fill(chain, x, calls);
        final long guessEvaluations = calls.evaluations();

        final List<SolverTrace.Iteration> iterations = new ArrayList<>();
        int settled = 0;
        while (settled < length && iterations.size() < limit) {
            final int from = settled;
            final long before = calls.evaluations();
            final int done = iterations.size();
            // What is returned is an F(X): the last round that is allowed looks at everything.
            final int end =
                    done + 1 == limit || settings.window() > length - from
                            ? length
                            : from + settings.window();
            calls.begin(
                    "Round " + (done + 1) + ", " + from + " of " + length + " levels settled",
                    guessShare + (1 - guessShare) * share(done, limit, from, length),
                    guessShare + (1 - guessShare) * share(done + 1, limit, from + 1, length),
                    (end - from) * (long) x.images());
            final List<NDArray> mapped = system.apply(x, from, end, calls);
            final double[] residuals = residuals(chain.levels(), x, mapped, from);
            Residuals.requireFinite(mapped.get(0), from);
            settled = from + 1;
            while (settled < end && residuals[settled] <= settings.tolerance()) settled++;
            if (settled == length || done + 1 == limit)
                for (int i = from; i < length; i++) x.replace(i, mapped.get(i - from));
            else update.advance(x, mapped, from, settled);
            iterations.add(
                    new SolverTrace.Iteration(
                            residuals,
                            settled,
                            calls.evaluations() - before,
                            (System.nanoTime() - began) * 1e-9));
        }
        Residuals.requireFinite(x.row(length - 1), length - 1);
        return new SolverTrace(
                name,
                guessRounds,
                guessEvaluations,
                iterations,
                calls.calls(),
                (System.nanoTime() - began) * 1e-9,
                settled == length);
    }

    private static double share(int done, int limit, int settled, int length) {
        return Math.max(done / (double) limit, settled / (double) length);
    }

    private static double[] residuals(
            TimestepSequence levels, JointState x, List<NDArray> mapped, int from) {
        final double[] residuals = new double[x.length()];
        Arrays.fill(residuals, Double.NaN);
        for (int i = from; i < from + mapped.size(); i++)
            residuals[i] =
                    Residuals.change(mapped.get(i - from), x.row(i), Residuals.scale(levels, i));
        return residuals;
    }
}
