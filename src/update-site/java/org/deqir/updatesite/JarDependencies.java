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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Which jars the classes of a jar refer to, according to the JDK's {@code jdeps}. */
final class JarDependencies {

    private JarDependencies() {}

    /**
     * Finds what jars need.
     *
     * @param jars to look at
     * @param others which they may need, beside each other
     * @return for each of the jars those that it refers to, itself excluded
     */
    static Map<Path, List<Path>> of(Collection<Path> jars, Collection<Path> others)
            throws IOException {
        final List<String> lines = summary(jars, others);
        final Map<Path, List<Path>> dependencies = new HashMap<>();
        for (Path jar : jars)
            dependencies.put(
                    jar,
                    Stream.concat(jars.stream(), others.stream())
                            .filter(other -> !other.equals(jar))
                            .filter(other -> lines.contains(jar.getFileName() + " -> " + other))
                            .toList());
        return dependencies;
    }

    private static List<String> summary(Collection<Path> jars, Collection<Path> others)
            throws IOException {
        final ToolProvider jdeps =
                ToolProvider.findFirst("jdeps")
                        .orElseThrow(() -> new IOException("A JDK is needed, for its jdeps."));
        final List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "--multi-release",
                                "base",
                                "-summary",
                                "--class-path",
                                Stream.concat(jars.stream(), others.stream())
                                        .map(Path::toString)
                                        .collect(Collectors.joining(File.pathSeparator))));
        for (Path jar : jars) arguments.add(jar.toString());
        final StringWriter text = new StringWriter();
        final PrintWriter out = new PrintWriter(text);
        if (jdeps.run(out, out, arguments.toArray(String[]::new)) != 0)
            throw new IOException("jdeps cannot read " + jars + ": " + text);
        return text.toString().lines().toList();
    }
}
