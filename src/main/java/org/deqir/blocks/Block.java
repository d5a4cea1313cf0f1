/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks;

import java.io.Serializable;

/**
 * One piece of work: a file of the output.
 *
 * @param level of the pyramid; 0 is restored, others are made from the level before
 * @param index number of the file in its level, the last axis running fastest
 */
public record Block(int level, long index) implements Serializable {

    @Override
    public String toString() {
        return level + "/" + index;
    }
}
