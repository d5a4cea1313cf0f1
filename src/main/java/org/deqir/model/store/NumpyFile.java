/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.model.store;

import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * An array in NumPy's format, version 1.0, row by row (<a
 * href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">format</a>).
 *
 * <p>Arrays are written as float32. Logical, whole and real numbers of up to 64 bits are read.
 */
public record NumpyFile(Shape shape, float[] values) {

    private static final String MAGIC = "\u0093NUMPY\u0001\u0000";
    private static final int LARGEST = 1 << 26;
    private static final int MOST_DIMENSIONS = 8;
    private static final Pattern HEADER =
            Pattern.compile(
                    "\\{'descr': '[<|]([buif]\\d)', 'fortran_order': False, 'shape':"
                            + " \\(([\\d, ]*)\\), \\}\\s*");

    /** Kind and bytes of the numbers that are understood. */
    private enum Sample {
        B1(1, (file, at) -> file.get(at)),
        U1(1, (file, at) -> file.get(at) & 0xff),
        I1(1, (file, at) -> file.get(at)),
        U2(2, (file, at) -> file.getShort(at) & 0xffff),
        I2(2, (file, at) -> file.getShort(at)),
        U4(4, (file, at) -> file.getInt(at) & 0xffffffffL),
        I4(4, (file, at) -> file.getInt(at)),
        I8(8, (file, at) -> file.getLong(at)),
        F4(4, (file, at) -> file.getFloat(at)),
        F8(8, (file, at) -> (float) file.getDouble(at));

        private interface Reader {
            float at(ByteBuffer file, int position);
        }

        private final int bytes;
        private final Reader reader;

        Sample(int bytes, Reader reader) {
            this.bytes = bytes;
            this.reader = reader;
        }

        static Sample named(String name) throws IOException {
            for (final Sample sample : values())
                if (sample.name().equalsIgnoreCase(name)) return sample;
            throw new IOException("an array of the unknown type " + name);
        }
    }

    /** {@return the length of each axis} */
    public long[] lengths() {
        return shape.getShape();
    }

    void write(Path file) throws IOException {
        final String sizes =
                Arrays.stream(shape.getShape())
                        .mapToObj(size -> size + ",")
                        .collect(Collectors.joining(" "));
        final String text = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + sizes + "), }";
        final int start = (MAGIC.length() + 2 + text.length() + 1 + 63) / 64 * 64;
        final ByteBuffer out =
                ByteBuffer.allocate(start + 4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        out.put(MAGIC.getBytes(StandardCharsets.ISO_8859_1));
        out.putShort((short) (start - MAGIC.length() - 2));
        out.put(text.getBytes(StandardCharsets.US_ASCII));
        while (out.position() < start - 1) out.put((byte) ' ');
        out.put((byte) '\n');
        for (float value : values) out.putFloat(value);
        Files.write(file, out.array());
    }

    /**
     * {@return the array of a file whose bytes are read from the first on; the stream is not
     * closed}
     *
     * @throws IOException if it is not one of this kind
     */
    public static NumpyFile read(InputStream in) throws IOException {
        final byte[] bytes = in.readNBytes(LARGEST);
        final ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        final int fixed = MAGIC.length() + 2;
        if (bytes.length < fixed
                || !new String(bytes, 0, fixed - 2, StandardCharsets.ISO_8859_1).equals(MAGIC))
            throw new IOException("not an array in NumPy's format");
        final int headerLength = file.getShort(fixed - 2) & 0xffff;
        if (headerLength > bytes.length - fixed) throw new IOException("an incomplete array");
        final Matcher header =
                HEADER.matcher(new String(bytes, fixed, headerLength, StandardCharsets.US_ASCII));
        if (!header.matches()) throw new IOException("not an array of numbers in rows");
        final Sample sample = Sample.named(header.group(1));
        final int start = fixed + headerLength;
        final Shape shape = new Shape(sizes(header.group(2)));
        if (sample.bytes * shape.size() != bytes.length - start)
            throw new IOException("an incomplete array");
        final float[] values = new float[(bytes.length - start) / sample.bytes];
        for (int i = 0; i < values.length; i++)
            values[i] = sample.reader.at(file, start + i * sample.bytes);
        return new NumpyFile(shape, values);
    }

    private static long[] sizes(String text) throws IOException {
        final String[] numbers = text.isBlank() ? new String[0] : text.strip().split("\\s*,\\s*");
        if (numbers.length > MOST_DIMENSIONS)
            throw new IOException("an array of " + numbers.length + " dimensions");
        final long[] sizes = new long[numbers.length];
        long elements = 1;
        for (int i = 0; i < sizes.length; i++) {
            if (!numbers[i].matches("\\d{1,9}")) throw new IOException("an impossible array");
            sizes[i] = Long.parseLong(numbers[i]);
            elements = elements * sizes[i];
            if (elements > LARGEST) throw new IOException("an impossible array");
        }
        return sizes;
    }
}
