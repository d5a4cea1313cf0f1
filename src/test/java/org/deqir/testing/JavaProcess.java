/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.testing;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Another Java, with the class path of the tests. */
public final class JavaProcess {

    private JavaProcess() {}

    /**
     * What starts it; downloads nothing and reports nothing.
     *
     * @param options of the virtual machine
     * @param main the class with the main method
     * @param arguments given to it
     */
    public static ProcessBuilder of(List<String> options, Class<?> main, String... arguments) {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("-Dai.djl.offline=true", "-DOPT_OUT_TRACKING=true", "-cp"));
        command.add(
                System.getProperty(
                        "surefire.test.class.path", System.getProperty("java.class.path")));
        command.add(main.getName());
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command);
    }
}
