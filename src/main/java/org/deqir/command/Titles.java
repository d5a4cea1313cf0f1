/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import ij.ImagePlus;
import ij.WindowManager;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Titles of images: those of results, and images named by their title. */
final class Titles {

    private static final Pattern EXTENSION =
            Pattern.compile("(\\.ome)?\\.[a-z][a-z0-9]{1,4}$", Pattern.CASE_INSENSITIVE);

    private Titles() {}

    /** {@code cells.tif} and {@code denoised} make {@code cells-denoised}. */
    static String derived(String title, String suffix) {
        return EXTENSION.matcher(title).replaceFirst("") + "-" + suffix;
    }

    /**
     * The open image with a title or ID.
     *
     * @param key the key that names it, for the message
     * @throws IllegalArgumentException if the name is empty or no open image has it
     */
    static ImagePlus open(String key, String title) {
        final String name = title == null ? "" : title.trim();
        if (name.isEmpty())
            throw new IllegalArgumentException(
                    key + " is missing: give the title of an open image.");
        final ImagePlus byTitle = WindowManager.getImage(name);
        if (byTitle != null) return byTitle;
        final ImagePlus byId = name.matches("-\\d{1,9}") ? byId(name) : null;
        if (byId != null) return byId;
        throw new IllegalArgumentException(
                key + " = '" + name + "': no open image has this title.");
    }

    private static ImagePlus byId(String id) {
        return WindowManager.getImage(Integer.parseInt(id));
    }

    /** Titles of all open images, for the choices of a dialog. */
    static List<String> ofOpenImages() {
        final List<String> titles = new ArrayList<>();
        final int[] ids = WindowManager.getIDList();
        if (ids != null)
            for (final int id : ids) {
                final ImagePlus image = WindowManager.getImage(id);
                if (image != null) titles.add(image.getTitle());
            }
        return titles;
    }
}
