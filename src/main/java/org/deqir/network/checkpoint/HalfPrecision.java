/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.checkpoint;

/**
 * Conversions between float32 and the two 16-bit formats, rounding to nearest, ties to even (IEEE
 * 754). Java has none of its own before version 20.
 */
final class HalfPrecision {

    private static final int FLOAT_INFINITY = 0x7f800000;

    private HalfPrecision() {}

    /** IEEE half precision to float32, exact. */
    static float toFloat(short half) {
        final int sign = (half & 0x8000) << 16;
        final int exponent = half >> 10 & 0x1f;
        final int fraction = half & 0x3ff;
        if (exponent == 0x1f) return Float.intBitsToFloat(sign | FLOAT_INFINITY | fraction << 13);
        if (exponent == 0)
            return Float.intBitsToFloat(sign | Float.floatToRawIntBits(fraction * 0x1p-24f));
        return Float.intBitsToFloat(sign | exponent + 127 - 15 << 23 | fraction << 13);
    }

    /** float32 to IEEE half precision; too large values become infinite. */
    static short ofFloat(float value) {
        final int bits = Float.floatToRawIntBits(value);
        final int sign = bits >>> 16 & 0x8000;
        final int magnitude = bits & 0x7fffffff;
        if (magnitude > FLOAT_INFINITY) return (short) (sign | 0x7e00);
        // 65520 lies half way between the largest half, 65504, and the next power of two.
        if (magnitude >= Float.floatToRawIntBits(65520f)) return (short) (sign | 0x7c00);
        if (magnitude < Float.floatToRawIntBits(0x1p-14f)) {
            // Steps of 2⁻²⁴ below the normal halves: adding 1/2, whose last bit is 2⁻²⁴, rounds.
            final float rounded = Float.intBitsToFloat(magnitude) + 0.5f;
            return (short)
                    (sign | Float.floatToRawIntBits(rounded) - Float.floatToRawIntBits(0.5f));
        }
        return (short) (sign | dropRounding(magnitude, 13) - (127 - 15 << 10));
    }

    /** bfloat16 to float32, exact. */
    static float brainToFloat(short brain) {
        return Float.intBitsToFloat(brain << 16);
    }

    /** float32 to bfloat16; too large values become infinite. */
    static short brainOfFloat(float value) {
        final int bits = Float.floatToRawIntBits(value);
        if ((bits & 0x7fffffff) > FLOAT_INFINITY) return (short) (bits >>> 16 & 0x8000 | 0x7fc0);
        return (short) (bits >>> 16 & 0x8000 | dropRounding(bits & 0x7fffffff, 16));
    }

    /** Drops the lowest bits, rounding to nearest, ties to even. */
    private static int dropRounding(int magnitude, int dropped) {
        final int last = magnitude >>> dropped & 1;
        return magnitude + (1 << dropped - 1) - 1 + last >>> dropped;
    }
}
