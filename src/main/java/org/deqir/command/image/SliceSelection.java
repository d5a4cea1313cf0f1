/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.image;

import ij.ImagePlus;
import java.util.Arrays;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which planes of a stack a command works on: the key {@code slices}.
 *
 * <p>{@code all}, {@code current}, or positions in the stack counted from 1 as in ImageJ's {@code
 * setSlice}, such as {@code 2-7} or {@code 1,3,5-6}. In a hyperstack channels run fastest, then
 * slices, then frames. A result holds the selected planes and no others. Where they are all
 * combinations of some channels, slices and frames, it keeps these dimensions; otherwise it is a
 * plain stack.
 */
public final class SliceSelection {

    private static final Pattern RANGE = Pattern.compile("(\\d{1,9})(?:\\s*-\\s*(\\d{1,9}))?");

    private final int[] indices;
    private final int[] channels;
    private final int[] slices;
    private final int[] frames;
    private final boolean keepsDimensions;

    private SliceSelection(int[] indices, ImagePlus image) {
        this.indices = indices;
        final SortedSet<Integer> c = new TreeSet<>();
        final SortedSet<Integer> z = new TreeSet<>();
        final SortedSet<Integer> t = new TreeSet<>();
        for (final int index : indices) {
            final int[] position = image.convertIndexToPosition(index);
            c.add(position[0]);
            z.add(position[1]);
            t.add(position[2]);
        }
        keepsDimensions = c.size() * z.size() * t.size() == indices.length;
        if (keepsDimensions) {
            channels = toArray(c);
            slices = toArray(z);
            frames = toArray(t);
        } else {
            channels = new int[] {1};
            slices = indices;
            frames = new int[] {1};
        }
    }

    /**
     * {@return the planes that the key's value names}
     *
     * @throws IllegalArgumentException if it is not of the form above or names a plane that the
     *     image does not have
     */
    public static SliceSelection parse(String text, ImagePlus image) {
        final int size = image.getStackSize();
        final String value = text == null ? "" : text.trim();
        if (value.equals("all")) {
            final int[] all = new int[size];
            Arrays.setAll(all, i -> i + 1);
            return new SliceSelection(all, image);
        }
        if (value.equals("current"))
            return new SliceSelection(new int[] {image.getCurrentSlice()}, image);
        final SortedSet<Integer> chosen = new TreeSet<>();
        for (final String part : value.split(",", -1)) {
            final Matcher range = RANGE.matcher(part.trim());
            if (!range.matches())
                throw new IllegalArgumentException(
                        "slices = '" + value + "' is not all, current, or like 2-7 or 1,3,5-6.");
            final int first = Integer.parseInt(range.group(1));
            final int last = range.group(2) == null ? first : Integer.parseInt(range.group(2));
            if (first < 1 || last > size || first > last)
                throw new IllegalArgumentException(
                        "slices = '"
                                + value
                                + "' does not fit: the image has the slices 1 to "
                                + size
                                + ", and a range runs upwards.");
            for (int index = first; index <= last; index++) chosen.add(index);
        }
        return new SliceSelection(toArray(chosen), image);
    }

    private static int[] toArray(SortedSet<Integer> values) {
        return values.stream().mapToInt(Integer::intValue).toArray();
    }

    /** {@return the number of selected planes} */
    public int size() {
        return indices.length;
    }

    /**
     * {@return the position in the input's stack, from 1, of the {@code i}-th selected plane, from
     * 0}
     */
    public int index(int i) {
        return indices[i];
    }

    /** Whether the selected planes are all combinations of {@link #channels}, slices and frames. */
    boolean keepsDimensions() {
        return keepsDimensions;
    }

    /** The input's channels that are selected, from 1. */
    int[] channels() {
        return channels.clone();
    }

    /**
     * The input's slices (z) that are selected, from 1; all positions, if it becomes a plain stack.
     */
    int[] slices() {
        return slices.clone();
    }

    /** The input's frames that are selected, from 1. */
    int[] frames() {
        return frames.clone();
    }

    /** Position in the result, from 1, of a plane of the input; 0 if it is not selected. */
    int resultIndex(int inputIndex) {
        return Math.max(0, Arrays.binarySearch(indices, inputIndex) + 1);
    }
}
