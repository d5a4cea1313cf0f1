/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.testing;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/**
 * The arrays of a NumPy {@code .npz} archive.
 *
 * <p>Reads little-endian float32, float64, int32, int64 and bool arrays in C or Fortran order.
 * Format: <a
 * href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">NumPy</a>.
 *
 * <pre>{@code
 * Npz fixture = Npz.fixture("guided-plain-gray");
 * NDArray x = fixture.array("x", manager); // float32
 * double[] t = fixture.doubles("t");
 * }</pre>
 */
public final class Npz {

    private static final Pattern DESCR = Pattern.compile("'descr': '([^']*)'");
    private static final Pattern FORTRAN = Pattern.compile("'fortran_order': (True|False)");
    private static final Pattern SHAPE = Pattern.compile("'shape': \\(([^)]*)\\)");

    private record Entry(long[] shape, double[] values) {}

    private final Map<String, Entry> entries = new LinkedHashMap<>();

    private Npz() {}

    /** The fixture {@code NAME.npz} among the test resources. */
    public static Npz fixture(String name) {
        try (InputStream in = Npz.class.getResourceAsStream("/fixtures/" + name + ".npz")) {
            if (in == null) throw new IllegalArgumentException("no fixture " + name);
            return read(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The archive in {@code file}. */
    public static Npz read(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return read(in);
        }
    }

    private static Npz read(InputStream in) throws IOException {
        final Npz npz = new Npz();
        final ZipInputStream zip = new ZipInputStream(in);
        for (ZipEntry e = zip.getNextEntry(); e != null; e = zip.getNextEntry())
            npz.entries.put(e.getName().replaceFirst("\\.npy$", ""), npy(zip.readAllBytes()));
        return npz;
    }

    private static Entry npy(byte[] file) throws IOException {
        final ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        final byte[] magic = new byte[6];
        in.get(magic);
        if (!Arrays.equals(magic, "\u0093NUMPY".getBytes(StandardCharsets.ISO_8859_1)))
            throw new IOException("not an .npy array");
        final int major = in.get();
        in.get();
        final byte[] header = new byte[major == 1 ? in.getShort() & 0xffff : in.getInt()];
        in.get(header);
        final String text = new String(header, StandardCharsets.ISO_8859_1);
        final long[] shape =
                Arrays.stream(find(SHAPE, text).split(","))
                        .map(String::strip)
                        .filter(s -> !s.isEmpty())
                        .mapToLong(Long::parseLong)
                        .toArray();
        final int size = Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact));
        final double[] values = new double[size];
        final String type = find(DESCR, text);
        for (int i = 0; i < size; i++)
            values[i] =
                    switch (type) {
                        case "<f4" -> in.getFloat();
                        case "<f8" -> in.getDouble();
                        case "<i4" -> in.getInt();
                        case "<i8" -> in.getLong();
                        case "|b1" -> in.get();
                        default -> throw new IOException("array of type " + type);
                    };
        return new Entry(
                shape, find(FORTRAN, text).equals("True") ? toRowMajor(values, shape) : values);
    }

    private static String find(Pattern pattern, String header) throws IOException {
        final Matcher matcher = pattern.matcher(header);
        if (!matcher.find()) throw new IOException("no " + pattern + " in " + header);
        return matcher.group(1);
    }

    private static double[] toRowMajor(double[] columnMajor, long[] shape) {
        final double[] result = new double[columnMajor.length];
        for (int i = 0; i < result.length; i++) {
            int rest = i;
            int source = 0;
            int stride = result.length;
            for (int d = shape.length - 1; d >= 0; d--) {
                stride /= (int) shape[d];
                source += rest % (int) shape[d] * stride;
                rest /= (int) shape[d];
            }
            result[i] = columnMajor[source];
        }
        return result;
    }

    /** The names of the arrays, in the archive's order. */
    public Set<String> names() {
        return Collections.unmodifiableSet(entries.keySet());
    }

    /** Shape of an array. */
    public long[] shape(String name) {
        return entry(name).shape().clone();
    }

    /** Elements in row-major order, converted to double (exact but for int64 beyond 2^53). */
    public double[] doubles(String name) {
        return entry(name).values().clone();
    }

    /** Elements in row-major order, converted to float. */
    public float[] floats(String name) {
        final double[] values = entry(name).values();
        final float[] result = new float[values.length];
        for (int i = 0; i < result.length; i++) result[i] = (float) values[i];
        return result;
    }

    /** Elements in row-major order, converted to int. */
    public int[] ints(String name) {
        return Arrays.stream(entry(name).values()).mapToInt(v -> (int) v).toArray();
    }

    /** The only element of an array of one. */
    public double scalar(String name) {
        final double[] values = entry(name).values();
        if (values.length != 1)
            throw new IllegalArgumentException(name + " has " + values.length + " elements");
        return values[0];
    }

    /** A float32 tensor, owned by {@code manager}. */
    public NDArray array(String name, NDManager manager) {
        return manager.create(floats(name), new Shape(entry(name).shape()));
    }

    private Entry entry(String name) {
        final Entry entry = entries.get(name);
        if (entry == null)
            throw new IllegalArgumentException("no array " + name + " among " + entries.keySet());
        return entry;
    }
}
