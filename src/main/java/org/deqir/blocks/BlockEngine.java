/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks;

import java.io.IOException;
import java.util.List;
import java.util.function.Predicate;

/** Where blocks are made: on threads of this process, or on many computers. */
public interface BlockEngine {

    /**
     * Makes blocks, in any order.
     *
     * @param blocks of one level of an output
     * @param told takes what became of each, one at a time; answers whether to go on
     * @throws IOException if the work cannot go on
     */
    void make(List<Block> blocks, Predicate<Outcome> told) throws IOException;
}
