/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.testing;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Another Java, which gets no options but those that a test gives it. */
public final class JavaProcess {

    /** Any Java takes options from these, and says so in its output. Clusters set them. */
    private static final Set<String> OPTIONS =
            Set.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS");

    private JavaProcess() {}

    /**
     * What starts it with the class path of the tests; downloads nothing and reports nothing.
     *
     * @param options of the virtual machine
     * @param main the class with the main method
     * @param arguments given to it
     */
    public static ProcessBuilder of(List<String> options, Class<?> main, String... arguments) {
        final List<String> command = new ArrayList<>(options);
        command.addAll(List.of("-Dai.djl.offline=true", "-DOPT_OUT_TRACKING=true", "-cp"));
        command.add(
                System.getProperty(
                        "surefire.test.class.path", System.getProperty("java.class.path")));
        command.add(main.getName());
        command.addAll(List.of(arguments));
        return of(command);
    }

    /**
     * What starts it.
     *
     * @param arguments all that stands behind {@code java} in the command
     */
    public static ProcessBuilder of(List<String> arguments) {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(arguments);
        return withoutOptions(new ProcessBuilder(command));
    }

    /** The same process, if it is a Java or starts one, without options from the environment. */
    public static ProcessBuilder withoutOptions(ProcessBuilder process) {
        process.environment().keySet().removeAll(OPTIONS);
        return process;
    }
}
