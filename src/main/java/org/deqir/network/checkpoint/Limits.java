/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.checkpoint;

/**
 * Bounds on what a checkpoint may demand, whatever its size. The largest published networks (550
 * million weights in 700 tensors, with optimizer and moving average) stay ten times below each
 * number.
 */
final class Limits {

    /** Bytes of a file. */
    static final long LARGEST_FILE = 1L << 36;

    /** Bytes of the list of tensors: a pickle or a JSON header. */
    static final int LARGEST_LIST = 1 << 25;

    /** Tensors in a file. */
    static final int MOST_TENSORS = 1 << 16;

    /** Characters of a tensor's name with those of all dictionaries around it. */
    static final int LONGEST_NAME = 500;

    /** Dimensions of a tensor. */
    static final int MOST_DIMENSIONS = 8;

    /** Instructions of a pickle. */
    static final int MOST_INSTRUCTIONS = 1_000_000;

    /** Objects on a pickle's stack. */
    static final int DEEPEST_STACK = 100_000;

    /** Objects that a pickle remembers. */
    static final int LARGEST_MEMO = 500_000;

    /** Containers around a tensor. */
    static final int DEEPEST_CONTAINER = 16;

    /** Things in all containers of a file together, tensors or not. */
    static final int MOST_THINGS = 1_000_000;

    private Limits() {}
}
