/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.updatesite;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.scijava.util.FileUtils;

/**
 * One file of the site through all its releases.
 *
 * @param filename path below Fiji's folder of the latest version, version number included
 * @param platforms names of the platforms that need it; empty means all
 * @param categories groups in which the updater lists it
 * @param current the version on offer; absent if the file is obsolete, which makes the updater
 *     remove it
 * @param previous earlier versions, oldest first: what the updater may replace without asking
 */
record Component(
        String filename,
        List<String> platforms,
        List<String> categories,
        Optional<Version> current,
        List<Previous> previous) {

    /**
     * A version on offer.
     *
     * @param checksum see {@link Checksum}
     * @param timestamp when it was released, digits of year to second
     * @param size in bytes
     * @param dependencies other files that come with it
     */
    record Version(
            String checksum,
            long timestamp,
            long size,
            String description,
            List<Dependency> dependencies,
            List<String> links,
            List<String> authors) {}

    /**
     * A file that another one needs.
     *
     * @param filename path without version number
     * @param timestamp of its version; absent for files of other update sites
     */
    record Dependency(String filename, Optional<Long> timestamp) {}

    /**
     * A version that was on offer.
     *
     * @param obsoleteSince timestamp of the release that ended it
     */
    record Previous(String filename, long timestamp, long obsoleteSince, String checksum) {}

    /** What stays the same from version to version: the path without version number. */
    String identity() {
        return identity(filename);
    }

    /** The path without version number, as Fiji's updater sees it. */
    static String identity(String filename) {
        return FileUtils.stripFilenameVersion(filename);
    }

    /** Earlier versions once the current one is replaced or withdrawn. */
    List<Previous> withCurrentAmongPrevious(long time) {
        final List<Previous> all = new ArrayList<>(previous);
        current.ifPresent(
                version ->
                        all.add(
                                new Previous(
                                        filename, version.timestamp(), time, version.checksum())));
        return List.copyOf(all);
    }
}
