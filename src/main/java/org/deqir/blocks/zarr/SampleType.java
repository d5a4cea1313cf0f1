/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks.zarr;

import java.nio.ByteBuffer;

/** Number formats of the samples that are read and written. */
public enum SampleType {
    /** Whole numbers 0 to 255. */
    UINT8("uint8", "u1", 1, 255) {
        @Override
        float get(ByteBuffer bytes, int index) {
            return bytes.get(index) & 0xff;
        }

        @Override
        void put(ByteBuffer bytes, int index, float value) {
            bytes.put(index, (byte) rounded(value));
        }
    },
    /** Whole numbers 0 to 65535. */
    UINT16("uint16", "u2", 2, 65535) {
        @Override
        float get(ByteBuffer bytes, int index) {
            return bytes.getShort(2 * index) & 0xffff;
        }

        @Override
        void put(ByteBuffer bytes, int index, float value) {
            bytes.putShort(2 * index, (short) rounded(value));
        }
    },
    /** Numbers of single precision. */
    FLOAT32("float32", "f4", 4, Float.MAX_VALUE) {
        @Override
        float get(ByteBuffer bytes, int index) {
            return bytes.getFloat(4 * index);
        }

        @Override
        void put(ByteBuffer bytes, int index, float value) {
            bytes.putFloat(4 * index, value);
        }
    };

    private final String name;
    private final String code;
    private final int bytes;
    private final float largest;

    SampleType(String name, String code, int bytes, float largest) {
        this.name = name;
        this.code = code;
        this.bytes = bytes;
        this.largest = largest;
    }

    /** {@return the name in Zarr 3, such as {@code uint16}} */
    public String zarrName() {
        return name;
    }

    /** The name in Zarr 2 without the byte order, such as {@code u2}. */
    String code() {
        return code;
    }

    /** {@return bytes of a sample} */
    public int bytes() {
        return bytes;
    }

    /** {@return the largest value that fits} */
    public float largest() {
        return largest;
    }

    abstract float get(ByteBuffer bytes, int index);

    /** Stores a value; whole numbers are rounded to the nearest and limited to what fits. */
    abstract void put(ByteBuffer bytes, int index, float value);

    int rounded(float value) {
        return Math.round(Math.max(0, Math.min(largest, value)));
    }
}
