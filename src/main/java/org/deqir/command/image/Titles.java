/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.image;

import ij.ImagePlus;
import ij.WindowManager;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Titles of images: those of results, and images named by their title. */
public final class Titles {

    /** Those of formats that microscopes and image programs write. */
    private static final Pattern EXTENSION =
            Pattern.compile(
                    "(\\.ome)?\\.(tiff?|tf[28]|btf|png|jpe?g|jp2|j2k|gif|bmp|webp|pgm|ppm|pbm|pnm|fits?"
                            + "|fts|dcm|dicom|avi|mov|mp4|mkv|zip|raw|lsm|czi|zvi|lif|lei|nd2|oib|oif"
                            + "|oir|vsi|ics|ids|ims|dv|r3d|stk|nd|svs|ndpi|scn|mrcs?|rec|ali|ser|dm[234]"
                            + "|emd|emi|h5|hdf5|zarr|n5|klb|nrrd|nhdr|mh[ad]|nii(\\.gz)?|img|hdr|am|obf"
                            + "|msr|pic|ipw|mvd2|flex|spe|sif|cxd|sld|slb|tia|xdce|txt|csv)$",
                    Pattern.CASE_INSENSITIVE);

    private Titles() {}

    /**
     * {@return a title with a suffix instead of its extension} {@code cells.tif} and {@code
     * denoised} make {@code cells-denoised}.
     */
    public static String derived(String title, String suffix) {
        return EXTENSION.matcher(title).replaceFirst("") + "-" + suffix;
    }

    /**
     * {@return the open image with a title or ID, but not the image that a command works on if
     * another one has the same title}
     *
     * @param image the image that the command works on; may be null
     * @throws IllegalArgumentException if the name is empty, no open image has it, or several
     */
    public static ImagePlus open(String key, String title, ImagePlus image) {
        final String name = title == null ? "" : title.trim();
        if (name.isEmpty())
            throw new IllegalArgumentException(
                    key + " is missing: give the title of an open image.");
        List<ImagePlus> named = with(title::equals);
        if (named.isEmpty()) named = with(other -> other.trim().equals(name));
        if (named.size() > 1) named.remove(image);
        if (named.size() == 1) return named.get(0);
        if (named.size() > 1)
            throw new IllegalArgumentException(
                    key
                            + " = '"
                            + name
                            + "': "
                            + named.size()
                            + " open images have this title; rename one, or give an ID: "
                            + named.stream()
                                    .map(other -> String.valueOf(other.getID()))
                                    .collect(Collectors.joining(", "))
                            + ".");
        final ImagePlus byTitle = WindowManager.getImage(name);
        if (byTitle != null) return byTitle;
        final ImagePlus byId = name.matches("-\\d{1,9}") ? byId(name) : null;
        if (byId != null) return byId;
        throw new IllegalArgumentException(
                key + " = '" + name + "': no open image has this title.");
    }

    private static List<ImagePlus> with(Predicate<String> title) {
        final List<ImagePlus> images = new ArrayList<>();
        final int[] ids = WindowManager.getIDList();
        if (ids == null) return images;
        for (final int id : ids) {
            final ImagePlus image = WindowManager.getImage(id);
            if (image != null && title.test(image.getTitle())) images.add(image);
        }
        return images;
    }

    private static ImagePlus byId(String id) {
        return WindowManager.getImage(Integer.parseInt(id));
    }

    /** {@return titles of all open images, for the choices of a dialog} */
    public static List<String> ofOpenImages() {
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
