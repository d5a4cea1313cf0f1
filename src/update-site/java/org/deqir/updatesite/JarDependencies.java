/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.updatesite;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;

/**
 * Which jars the classes of a jar refer to, according to the JDK's {@code jdeps}.
 *
 * @param jars among which to look for classes
 */
record JarDependencies(Collection<Path> jars) {

    /** The jars that one of the jars needs, itself excluded, in the order of {@link #jars}. */
    List<Path> of(Path jar) throws IOException {
        final ToolProvider jdeps =
                ToolProvider.findFirst("jdeps")
                        .orElseThrow(() -> new IOException("A JDK is needed, for its jdeps."));
        final StringWriter text = new StringWriter();
        final PrintWriter out = new PrintWriter(text);
        final String classPath =
                jars.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
        final int status =
                jdeps.run(
                        out,
                        out,
                        "--multi-release",
                        "base",
                        "-summary",
                        "--class-path",
                        classPath,
                        jar.toString());
        if (status != 0) throw new IOException("jdeps cannot read " + jar + ": " + text);
        final List<String> lines = text.toString().lines().toList();
        final List<Path> needed = new ArrayList<>();
        for (Path other : jars)
            if (!other.equals(jar) && lines.contains(jar.getFileName() + " -> " + other))
                needed.add(other);
        return needed;
    }
}
