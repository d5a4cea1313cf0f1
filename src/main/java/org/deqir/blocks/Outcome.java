/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks;

import java.io.Serializable;

/**
 * What became of a block.
 *
 * @param block which
 * @param seconds time it took
 * @param copied whether it held nothing to restore and was copied
 * @param missingFiles files of the input around it that do not exist; their samples have the fill
 *     value
 * @param failure why it is not done, or null if it is
 * @param fatal whether others would fail as well, because the output cannot be written
 */
public record Outcome(
        Block block,
        double seconds,
        boolean copied,
        long missingFiles,
        String failure,
        boolean fatal)
        implements Serializable {

    /** {@return a block that was complete already} */
    public static Outcome complete(Block block) {
        return new Outcome(block, 0, false, 0, null, false);
    }

    /**
     * {@return a block that is not made: why, in a sentence, and whether others would fail as well}
     */
    public static Outcome failed(Block block, String failure, boolean fatal) {
        return new Outcome(block, 0, false, 0, failure, fatal);
    }

    /** {@return whether the block is in the output} */
    public boolean isDone() {
        return failure == null;
    }
}
