/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.blocks.zarr;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;

/**
 * One array: a folder of chunk or shard files beside its metadata. Several threads and processes
 * may read it; several may write different files of it.
 */
public final class ZarrArray {

    private static final int ENTRY = 16;
    private static final String PART = ".part";
    private static final int LARGEST_STORED_FILE = Integer.MAX_VALUE - 64;

    private final Path folder;
    private final ArrayLayout layout;

    private ZarrArray(Path folder, ArrayLayout layout) {
        this.folder = folder;
        this.layout = layout;
    }

    /**
     * @throws ZarrException if the metadata are not those of an array that can be read
     */
    static ZarrArray open(Path folder) throws IOException {
        return new ZarrArray(folder, ArrayLayout.read(folder));
    }

    /** With the axes' names in the array as well, which OME-Zarr 0.5 demands. */
    static ZarrArray create(Path folder, ArrayLayout layout, List<OmeImage.Axis> axes)
            throws IOException {
        Files.createDirectories(folder);
        final JsonObject json = layout.toJson();
        if (layout.version() > 2) {
            final JsonArray names = new JsonArray();
            axes.forEach(axis -> names.add(axis.name()));
            json.add("dimension_names", names);
        }
        replace(
                folder.resolve(
                        layout.version() == 2 ? ArrayLayout.METADATA_2 : ArrayLayout.METADATA_3),
                OmeImage.bytes(json));
        return new ZarrArray(folder, layout);
    }

    ArrayLayout layout() {
        return layout;
    }

    /** {@return samples along each axis} */
    public long[] shape() {
        return layout.shape().clone();
    }

    /** {@return number format of the samples} */
    public SampleType type() {
        return layout.type();
    }

    /** {@return samples that one file holds along each axis} */
    public int[] fileShape() {
        return layout.file().clone();
    }

    /** {@return the number of files along an axis, counted from 0} */
    public long files(int axis) {
        return layout.files(axis);
    }

    /** {@return the box of samples that the file at a place holds, cut at the array's end} */
    public Region region(long[] place) {
        final long[] offset = new long[place.length];
        final int[] size = new int[place.length];
        for (int i = 0; i < place.length; i++) {
            if (place[i] < 0 || place[i] >= layout.files(i))
                throw new IllegalArgumentException(
                        "File " + Arrays.toString(place) + " lies outside of the array.");
            offset[i] = place[i] * layout.file()[i];
            size[i] = (int) Math.min(layout.file()[i], layout.shape()[i] - offset[i]);
        }
        return new Region(offset, size);
    }

    /** {@return the path of the file at a place, whether it exists or not} */
    public Path path(long[] place) {
        return folder.resolve(layout.name(place));
    }

    /**
     * {@return the samples of a box, row by row} What no file holds has the fill value.
     *
     * @throws ZarrException if a file is damaged; the message names it
     */
    public float[] read(Region region) throws IOException {
        check(region);
        final float[] samples = new float[region.samples()];
        if (layout.fill() != 0) Arrays.fill(samples, layout.fill());
        for (final long[] place : places(region)) readFile(place, region, samples);
        return samples;
    }

    /** {@return how many files that hold a box do not exist; their samples have the fill value} */
    public long missingFiles(Region region) {
        check(region);
        long missing = 0;
        for (final long[] place : places(region)) if (!Files.exists(path(place))) missing++;
        return missing;
    }

    private Iterable<long[]> places(Region region) {
        final long[] first = new long[layout.axes()];
        final long[] last = new long[layout.axes()];
        for (int i = 0; i < first.length; i++) {
            first[i] = region.offset()[i] / layout.file()[i];
            last[i] = (region.offset()[i] + region.size()[i] - 1) / layout.file()[i];
        }
        return places(first, last);
    }

    private void check(Region region) {
        for (int i = 0; i < layout.axes(); i++)
            if (region.size().length != layout.axes()
                    || region.offset()[i] < 0
                    || region.size()[i] < 1
                    || region.offset()[i] + region.size()[i] > layout.shape()[i])
                throw new IllegalArgumentException(
                        "%s lie outside of the array of %s."
                                .formatted(region, Arrays.toString(layout.shape())));
    }

    /** All places from first to last, the last axis running fastest. */
    static Iterable<long[]> places(long[] first, long[] last) {
        return () ->
                new java.util.Iterator<>() {
                    private long[] next = first.clone();

                    @Override
                    public boolean hasNext() {
                        return next != null;
                    }

                    @Override
                    public long[] next() {
                        if (next == null) throw new java.util.NoSuchElementException();
                        final long[] place = next.clone();
                        int axis = next.length - 1;
                        while (axis >= 0 && ++next[axis] > last[axis]) next[axis] = first[axis--];
                        if (axis < 0) next = null;
                        return place;
                    }
                };
    }

    private void readFile(long[] place, Region region, float[] samples) throws IOException {
        final Path path = path(place);
        final long[] origin = new long[place.length];
        for (int i = 0; i < place.length; i++) origin[i] = place[i] * layout.file()[i];
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "r")) {
            if (file.length() > LARGEST_STORED_FILE)
                throw new ZarrException(path, "is larger than a chunk or shard can be");
            if (layout.isSharded()) readShard(path, file, origin, region, samples);
            else {
                final Region chunk = new Region(origin, layout.chunk());
                chunk.copy(decode(path, bytes(file, 0, (int) file.length())), region, samples);
            }
        } catch (final java.io.FileNotFoundException e) {
            if (Files.exists(path)) throw new ZarrException(path, "cannot be read", e);
        }
    }

    private float[] decode(Path path, byte[] stored) throws ZarrException {
        try {
            return layout.samples()
                    .decode(stored, ArrayLayout.product(layout.chunk()), layout.type());
        } catch (final IOException | RuntimeException e) {
            throw new ZarrException(path, "a chunk is damaged: " + e.getMessage(), e);
        }
    }

    private static byte[] bytes(RandomAccessFile file, long from, int length) throws IOException {
        final byte[] bytes = new byte[length];
        file.seek(from);
        file.readFully(bytes);
        return bytes;
    }

    private int[] chunksOfAShard() {
        final int[] counts = new int[layout.axes()];
        for (int i = 0; i < counts.length; i++) counts[i] = layout.file()[i] / layout.chunk()[i];
        return counts;
    }

    private int indexBytes(int chunks) {
        return ENTRY * chunks + ChecksumCodec.BYTES * layout.index().codecs().size();
    }

    private void readShard(
            Path path, RandomAccessFile file, long[] origin, Region region, float[] samples)
            throws IOException {
        final int[] counts = chunksOfAShard();
        final int chunks = ArrayLayout.product(counts);
        final int size = indexBytes(chunks);
        final long room = file.length() - size;
        if (room < 0) throw new ZarrException(path, "the index of the shard is cut off");
        final ByteBuffer index;
        try {
            index =
                    ByteBuffer.wrap(
                                    layout.index()
                                            .decode(
                                                    bytes(
                                                            file,
                                                            layout.indexAtEnd() ? room : 0,
                                                            size),
                                                    ENTRY * chunks))
                            .order(layout.index().order());
        } catch (final IOException e) {
            throw new ZarrException(
                    path, "the index of the shard is damaged: " + e.getMessage(), e);
        }
        final long first = layout.indexAtEnd() ? 0 : size;
        int n = 0;
        for (final long[] place : places(new long[counts.length], lastOf(counts))) {
            final long from = index.getLong(ENTRY * n);
            final long length = index.getLong(ENTRY * n + 8);
            n++;
            final long[] offset = new long[place.length];
            for (int i = 0; i < offset.length; i++)
                offset[i] = origin[i] + place[i] * layout.chunk()[i];
            final Region chunk = new Region(offset, layout.chunk());
            if (chunk.intersection(region) == null || from == -1 && length == -1) continue;
            if (from < first || length < 0 || length > room || from > first + room - length)
                throw new ZarrException(path, "a chunk lies outside of the shard");
            chunk.copy(decode(path, bytes(file, from, (int) length)), region, samples);
        }
    }

    private static long[] lastOf(int[] counts) {
        final long[] last = new long[counts.length];
        for (int i = 0; i < last.length; i++) last[i] = counts[i] - 1;
        return last;
    }

    /**
     * Writes one file as a whole, to a temporary name first, and returns its bytes.
     *
     * @param samples the samples of {@link #region}; whole-number formats round and limit them
     * @throws IOException if the file cannot be written
     */
    public byte[] write(long[] place, float[] samples) throws IOException {
        final Region region = region(place);
        if (samples.length != region.samples())
            throw new IllegalArgumentException(
                    samples.length + " samples for a file of " + region.samples() + ".");
        final byte[] bytes =
                layout.isSharded() ? shard(region, samples) : chunk(region, samples, region);
        final Path path = path(place);
        Files.createDirectories(path.getParent());
        replace(path, bytes);
        return bytes;
    }

    /** The stored bytes of a whole chunk; beyond the array's end it holds the fill value. */
    private byte[] chunk(Region region, float[] samples, Region place) throws IOException {
        final Region whole = new Region(place.offset(), layout.chunk());
        final float[] padded = new float[whole.samples()];
        if (layout.fill() != 0) Arrays.fill(padded, layout.fill());
        region.copy(samples, whole, padded);
        return layout.samples().encode(padded, layout.type());
    }

    private byte[] shard(Region region, float[] samples) throws IOException {
        final int[] counts = chunksOfAShard();
        final int chunks = ArrayLayout.product(counts);
        final byte[][] parts = new byte[chunks][];
        int n = 0;
        for (final long[] place : places(new long[counts.length], lastOf(counts))) {
            final long[] offset = new long[place.length];
            for (int i = 0; i < offset.length; i++)
                offset[i] = region.offset()[i] + place[i] * layout.chunk()[i];
            final Region chunk = new Region(offset, layout.chunk());
            if (chunk.intersection(region) != null) parts[n] = chunk(region, samples, chunk);
            n++;
        }
        final ByteBuffer index = ByteBuffer.allocate(ENTRY * chunks).order(layout.index().order());
        long from = layout.indexAtEnd() ? 0 : indexBytes(chunks);
        for (int i = 0; i < chunks; i++) {
            index.putLong(parts[i] == null ? -1 : from);
            index.putLong(parts[i] == null ? -1 : parts[i].length);
            if (parts[i] != null) from += parts[i].length;
        }
        final byte[] table = layout.index().encode(index.array());
        final java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
        if (!layout.indexAtEnd()) out.writeBytes(table);
        for (final byte[] part : parts) if (part != null) out.writeBytes(part);
        if (layout.indexAtEnd()) out.writeBytes(table);
        return out.toByteArray();
    }

    /**
     * Removes what interrupted writing of the file at a place left behind.
     *
     * @throws IOException if something cannot be removed
     */
    public void clean(long[] place) throws IOException {
        final Path path = path(place);
        if (!Files.isDirectory(path.getParent())) return;
        try (DirectoryStream<Path> parts =
                Files.newDirectoryStream(
                        path.getParent(), "." + path.getFileName() + ".*" + PART)) {
            for (final Path part : parts) Files.deleteIfExists(part);
        }
    }

    /** Replaces a file as a whole, so that no reader ever sees a part of it. */
    static void replace(Path path, byte[] bytes) throws IOException {
        final Path temporary =
                path.resolveSibling("." + path.getFileName() + "." + UUID.randomUUID() + PART);
        try {
            Files.write(temporary, bytes);
            try {
                Files.move(
                        temporary,
                        path,
                        StandardCopyOption.ATOMIC_MOVE,
                        StandardCopyOption.REPLACE_EXISTING);
            } catch (final AtomicMoveNotSupportedException e) {
                Files.move(temporary, path, StandardCopyOption.REPLACE_EXISTING);
            }
        } finally {
            try {
                Files.deleteIfExists(temporary);
            } catch (final NoSuchFileException e) {
                // moved
            }
        }
    }
}
