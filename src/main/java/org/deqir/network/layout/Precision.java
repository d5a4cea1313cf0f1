/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.layout;

import java.util.Locale;
import org.deqir.network.PrecisionProbe;

/**
 * The number format a network computes in. Inputs and outputs are float32 in either case.
 *
 * <p>{@link #BFLOAT16} takes half the time on processors with instructions for it (measured with
 * AVX512-BF16) and nine times as long on others (measured with AVX2): {@link PrecisionProbe} finds
 * out. It costs a relative error of 4e-3 in the predicted noise of the shipped networks.
 */
public enum Precision {
    /** 32 bits, 24 of them significant. */
    FLOAT32(6, false, 96),
    /** 16 bits, 8 of them significant, with the range of float32. */
    BFLOAT16(15, true, 48);

    private final int scalarType;
    private final boolean channelsLast;
    private final int bytesPerFeature;

    // The order is that of gradients. Those of float32 are a sixth (AVX512) to a quarter (AVX2)
    // faster in the plain one; bfloat16 needs channels last. Calls have an order of their own on
    // processors, see NetworkProgram.sourceForProcessor().
    Precision(int scalarType, boolean channelsLast, int bytesPerFeature) {
        this.scalarType = scalarType;
        this.channelsLast = channelsLast;
        this.bytesPerFeature = bytesPerFeature;
    }

    /** {@return PyTorch's number for the format} */
    public int scalarType() {
        return scalarType;
    }

    /** The name users give it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * {@return PyTorch's number for the order of images in memory for gradients: channels last (2)
     * or plain (0)}
     */
    public int memoryFormat() {
        return channelsLast ? 2 : 0;
    }

    /**
     * {@return memory that a call takes at its peak, in bytes per pixel and channel of the first
     * level} Measured with the shipped networks and tiles of 256 to 640 pixels: resident memory
     * grew by 70 to 117 (float32) and 38 (bfloat16, 384 pixels).
     */
    public int bytesPerFeature() {
        return bytesPerFeature;
    }
}
