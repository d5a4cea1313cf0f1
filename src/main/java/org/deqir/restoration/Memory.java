/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.restoration;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The memory of this computer, which PyTorch's tensors live in, outside Java's heap. */
public final class Memory {

    private static final Path LINUX = Path.of("/proc/meminfo");

    /** Free memory where files are cached in it is understated; this share can be had anyway. */
    private static final int OBTAINABLE = 4;

    private Memory() {}

    /**
     * {@return bytes that can be taken without pushing other programs out of memory, also within
     * the limits of a container}
     */
    public static long available() {
        final OperatingSystemMXBean system =
                (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        // Both methods know a container's limits.
        final long free = system.getFreeMemorySize();
        final long total = system.getTotalMemorySize();
        final long known =
                Files.isReadable(LINUX)
                        ? availableOnLinux(free)
                        : Math.max(free, total / OBTAINABLE);
        return Math.min(known, total);
    }

    private static long availableOnLinux(long otherwise) {
        try {
            return available(Files.readAllLines(LINUX), otherwise);
        } catch (IOException e) {
            return otherwise;
        }
    }

    /**
     * @param lines of {@code /proc/meminfo}
     * @param otherwise the answer if they do not tell
     * @return bytes that programs can still take
     */
    public static long available(List<String> lines, long otherwise) {
        for (final String line : lines)
            if (line.matches("MemAvailable:\\s+\\d+ kB"))
                return Long.parseLong(line.replaceAll("\\D", "")) << 10;
        return otherwise;
    }
}
