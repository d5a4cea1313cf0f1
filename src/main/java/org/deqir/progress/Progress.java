/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.progress;

import java.util.concurrent.CancellationException;
import java.util.function.BiConsumer;

/**
 * How a long computation reports what it does and learns that the user wants it to stop.
 *
 * <p>A computation calls {@link #checkCanceled()} before every network call, so that a cancelled
 * run ends within one call. Implementations must be safe to call from any thread.
 */
public interface Progress {

    /** Reports nothing and never cancels. */
    Progress NONE =
            new Progress() {
                @Override
                public void update(String stage, double fraction) {}

                @Override
                public boolean isCanceled() {
                    return false;
                }
            };

    /**
     * Tells how far the work is.
     *
     * @param stage what is being done now, in words for the user
     */
    void update(String stage, double fraction);

    /** {@return whether the user asked to stop} */
    boolean isCanceled();

    /**
     * Tells a quantity that changes while the work goes on, for those who want to see its curve.
     * The default ignores it.
     *
     * @param quantity what was measured, such as {@code loss}
     * @param index position on the curve, rising from 0
     * @param value the value there
     */
    default void measured(String quantity, int index, double value) {}

    /**
     * Stops the computation if the user asked for it.
     *
     * @throws CancellationException if {@link #isCanceled()}
     */
    default void checkCanceled() {
        if (isCanceled()) throw new CancellationException("canceled by the user");
    }

    /**
     * {@return a view of this progress for one part of the work: its 0 to 1 is mapped to {@code
     * from} to {@code to} of the whole}
     *
     * @param from share of the whole that is done when the part begins, 0 to 1
     * @param to share of the whole that is done when the part ends, 0 to 1
     */
    default Progress part(double from, double to) {
        return seenAs((stage, fraction) -> update(stage, from + (to - from) * fraction));
    }

    /** {@return a view of this progress whose stages are named after a part of the work} */
    default Progress prefixed(String prefix) {
        return seenAs((stage, fraction) -> update(prefix + stage, fraction));
    }

    /** This progress, told in another way how far the work is. */
    private Progress seenAs(BiConsumer<String, Double> updates) {
        final Progress whole = this;
        return new Progress() {
            @Override
            public void update(String stage, double fraction) {
                updates.accept(stage, fraction);
            }

            @Override
            public void measured(String quantity, int index, double value) {
                whole.measured(quantity, index, value);
            }

            @Override
            public boolean isCanceled() {
                return whole.isCanceled();
            }
        };
    }
}
