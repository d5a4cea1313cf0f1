/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.checkpoint;

import java.nio.ByteBuffer;
import java.util.Optional;

/** Number formats of tensors in files. */
public enum ElementType {
    /** IEEE double precision. */
    FLOAT64("F64", "Double", 8),
    /** IEEE single precision. */
    FLOAT32("F32", "Float", 4),
    /** IEEE half precision: 5 bits of exponent, 10 of fraction. */
    FLOAT16("F16", "Half", 2),
    /** The upper half of a float32: 8 bits of exponent, 7 of fraction. */
    BFLOAT16("BF16", "BFloat16", 2),
    /** Signed, 64 bits. */
    INT64("I64", "Long", 8),
    /** Signed, 32 bits. */
    INT32("I32", "Int", 4),
    /** Signed, 16 bits. */
    INT16("I16", "Short", 2),
    /** Signed, 8 bits. */
    INT8("I8", "Char", 1),
    /** Unsigned, 8 bits. */
    UINT8("U8", "Byte", 1),
    /** 0 or 1 in a byte. */
    BOOL("BOOL", "Bool", 1);

    private final String safetensorsName;
    private final String torchName;
    private final int bytes;

    ElementType(String safetensorsName, String torchName, int bytes) {
        this.safetensorsName = safetensorsName;
        this.torchName = torchName;
        this.bytes = bytes;
    }

    /** {@return bytes of one element} */
    public int bytes() {
        return bytes;
    }

    /** Name of the format in a safetensors header. */
    String safetensorsName() {
        return safetensorsName;
    }

    static Optional<ElementType> ofSafetensors(String name) {
        for (ElementType type : values())
            if (type.safetensorsName.equals(name)) return Optional.of(type);
        return Optional.empty();
    }

    /** The type of the elements of PyTorch's class {@code torch.<Name>Storage}. */
    static Optional<ElementType> ofTorchStorage(String className) {
        for (ElementType type : values())
            if (className.equals(type.torchName + "Storage")) return Optional.of(type);
        return Optional.empty();
    }

    /** The next element of {@code in} as float32; integers and doubles are rounded. */
    float get(ByteBuffer in) {
        return switch (this) {
            case FLOAT64 -> (float) in.getDouble();
            case FLOAT32 -> in.getFloat();
            case FLOAT16 -> HalfPrecision.toFloat(in.getShort());
            case BFLOAT16 -> HalfPrecision.brainToFloat(in.getShort());
            case INT64 -> in.getLong();
            case INT32 -> in.getInt();
            case INT16 -> in.getShort();
            case INT8 -> in.get();
            case UINT8, BOOL -> in.get() & 0xff;
        };
    }

    /**
     * Appends one element to {@code out}, rounded to the nearest number of this format.
     *
     * @throws UnsupportedOperationException for formats of integers
     */
    void put(ByteBuffer out, float value) {
        switch (this) {
            case FLOAT64 -> out.putDouble(value);
            case FLOAT32 -> out.putFloat(value);
            case FLOAT16 -> out.putShort(HalfPrecision.ofFloat(value));
            case BFLOAT16 -> out.putShort(HalfPrecision.brainOfFloat(value));
            default ->
                    throw new UnsupportedOperationException(
                            "Weights cannot be written as " + this + ".");
        }
    }
}
