/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.equilibrium;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The joint map F over all states of a chain, whose fixed point is the sequential chain (Cao et al.
 * 2024).
 *
 * <p>F evaluates the network at the known states of the old iterate, all of them in one batch or in
 * as few batches as memory allows, and then carries the new states from level to level by a cheap
 * scan. It is triangular in time: the new state after step i depends on old states before step i
 * only. So n applications make the first n states exact, from any start.
 */
public final class JointSystem {

    private final RestorationChain chain;
    private final HeldQuantity held;

    /**
     * The system of all states of a chain, whose scan keeps {@code held} of the network's answer.
     */
    public JointSystem(RestorationChain chain, HeldQuantity held) {
        this.chain = chain;
        this.held = held;
    }

    /**
     * F.
     *
     * @param x the old iterate; not changed
     * @param settled number of states at the noisy end that are final; they are not evaluated again
     * @param end states after step {@code end} − 1 are left out
     * @param calls the network
     * @return the new states after steps {@code settled} … {@code end} − 1, owned by {@code
     *     x.manager()}
     */
    public List<NDArray> apply(JointState x, int settled, int end, NetworkCalls calls) {
        final List<NDArray> kept = new ArrayList<>();
        final int stepsPerCall = Math.max(1, Math.min(end, calls.maxBatch() / x.images()));
        for (int from = settled; from < end; from += stepsPerCall) {
            final int to = Math.min(end, from + stepsPerCall);
            try (NDManager sub = x.manager().newSubManager()) {
                final NDArray epsilon =
                        calls.predict(before(x, from, to, sub), timesteps(x, from, to));
                for (int i = from; i < to; i++) {
                    final int row = (i - from) * x.images();
                    try (NDArray ofStep =
                            epsilon.get(new NDIndex(row + ":" + (row + x.images())))) {
                        final NDArray h = held.hold(chain, i, x.before(i), ofStep);
                        h.attach(x.manager());
                        kept.add(h);
                    }
                }
            }
        }
        return scan(x, settled, held, kept);
    }

    /**
     * Sets the states that follow from estimates of the clean image at every level, without the
     * network.
     *
     * @param x takes the states
     * @param clean the estimate before each step, owned by {@code x.manager()}; taken over
     */
    public void follow(JointState x, List<NDArray> clean) {
        final List<NDArray> states = scan(x, 0, HeldQuantity.CLEAN, clean);
        for (int i = 0; i < x.length(); i++) x.replace(i, states.get(i));
    }

    private List<NDArray> scan(
            JointState x, int settled, HeldQuantity quantity, List<NDArray> kept) {
        final List<NDArray> states = new ArrayList<>();
        NDArray previous = x.before(settled);
        for (int i = settled; i < settled + kept.size(); i++) {
            try (NDArray h = kept.get(i - settled)) {
                previous = quantity.carry(chain, i, h, previous);
            }
            previous.attach(x.manager());
            states.add(previous);
        }
        return states;
    }

    /** The states before steps {@code from} to {@code to} − 1 as one batch. */
    private static NDArray before(JointState x, int from, int to, NDManager owner) {
        final NDList states = new NDList();
        for (int i = from; i < to; i++) states.add(x.before(i));
        final NDArray batch = NDArrays.concat(states);
        batch.attach(owner);
        return batch;
    }

    private double[] timesteps(JointState x, int from, int to) {
        final double[] timesteps = new double[(to - from) * x.images()];
        Arrays.setAll(timesteps, i -> chain.levels().timestep(from + i / x.images()));
        return timesteps;
    }
}
