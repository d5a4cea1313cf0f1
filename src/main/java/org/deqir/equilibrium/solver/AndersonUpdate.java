/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium.solver;

import ai.djl.ndarray.NDArray;
import java.util.List;
import org.deqir.diffusion.TimestepSequence;
import org.deqir.equilibrium.JointState;

/**
 * Anderson acceleration: the next iterate is the mixture of the last m iterates and their images
 * under F whose residual is least.
 *
 * <p>For each state and sample, Σ_j α_j (X_j + β (F(X_j) − X_j)) with the α that minimise ‖Σ_j α_j
 * (F(X_j) − X_j)‖² + λ ‖newest residual‖² Σ_j α_j², Σ_j α_j = 1. Cao et al. 2024 use an absolute λ;
 * relative to the newest residual it keeps its meaning while residuals shrink by orders of
 * magnitude.
 *
 * <p>The residuals may be those of the state alone, as published, or those of all noisier states
 * together with it (Tang et al. 2024, "Accelerating Parallel Sampling of Diffusion Models"): F is
 * triangular, so a state should follow from what is noisier and from nothing else. Each state then
 * counts by its residual relative to its noise level. States that have settled count too: older
 * iterates in which they were wrong lead the states after them astray. This kind mixes only while
 * residuals fall: where an error merely travels from level to level, old iterates hold it back.
 *
 * <p>The first unsettled state takes the plain update, since the next iteration makes it exact, and
 * so does x_0, which no evaluation depends on. A state whose residual is not finite takes the plain
 * update too and forgets its past.
 */
final class AndersonUpdate implements Update {

    private final TimestepSequence levels;
    private final SolverSettings settings;
    private final boolean triangular;
    private final AndersonHistory[] histories;

    /**
     * @param triangular whether the residuals of noisier states count
     */
    AndersonUpdate(TimestepSequence levels, SolverSettings settings, boolean triangular) {
        this.levels = levels;
        this.settings = settings;
        this.triangular = triangular;
        this.histories = new AndersonHistory[levels.length()];
        for (int i = 0; i < histories.length; i++)
            histories[i] = new AndersonHistory(settings.history());
    }

    @Override
    public void advance(JointState x, List<NDArray> mapped, int from, int settled) {
        for (int i = 0; i < from; i++) histories[i].pushSettled();
        for (int i = from; i < from + mapped.size(); i++) {
            final NDArray image = mapped.get(i - from);
            final NDArray old = x.exchange(i, image);
            if (i == x.length() - 1) old.close();
            else histories[i].push(old, image);
            if (i < settled) histories[i].settle();
        }
        GramMatrices noisier = null;
        for (int i = 0; i < x.length() - 1; i++) {
            if (histories[i].isEmpty()) {
                noisier = null;
                continue;
            }
            final double scale = Residuals.scale(levels, i);
            GramMatrices gram = histories[i].gram(1 / (scale * scale));
            if (triangular && noisier != null) gram = gram.plus(noisier);
            noisier = gram;
            if (i > settled && gram.size() > 1)
                x.replace(
                        i,
                        histories[i].mix(
                                gram.weights(settings.regularization(), triangular),
                                settings.mixing()));
        }
    }

    @Override
    public void close() {
        for (AndersonHistory history : histories) history.close();
    }
}
