/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network;

import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Keeps remarks of PyTorch and its binding out of the console, where users take them for faults:
 * that there is no GPU, how many threads there are, that NNPACK does not know the processor. Errors
 * are still shown. A user who chose a level of messages keeps it.
 */
final class EngineMessages {

    private static final System.Logger LOG = System.getLogger(EngineMessages.class.getName());

    /** Loggers of the binding. */
    private static final String BINDING = "ai.djl";

    /** Level of each binding's messages in SLF4J's simple provider, which has no other setting. */
    private static final String SIMPLE_LEVEL = "org.slf4j.simpleLogger.log." + BINDING;

    /** By which PyTorch lets users choose. */
    private static final String NATIVE_LEVEL = "TORCH_CPP_LOG_LEVEL";

    /** Variable of PyTorch's with the least level that it shows, and the number of errors. */
    private static final String VARIABLE = "FLAGS_caffe2_log_level";

    private static final String VARIABLE_ON_WINDOWS = "?FLAGS_caffe2_log_level@@3HA";
    private static final int ERRORS = 2;

    private EngineMessages() {}

    /** To be called before a class of the binding is used. */
    static void showOnlyErrorsOfBinding() {
        if (System.getProperty(SIMPLE_LEVEL) == null) System.setProperty(SIMPLE_LEVEL, "error");
        try {
            setLogbackLevel();
        } catch (ReflectiveOperationException | LinkageError e) {
            LOG.log(System.Logger.Level.DEBUG, "The binding's messages stay as they are", e);
        }
    }

    /** Fiji's provider is Logback, which need not be there: so by reflection. */
    private static void setLogbackLevel() throws ReflectiveOperationException {
        final ClassLoader loader = EngineMessages.class.getClassLoader();
        final Object logger =
                Class.forName("org.slf4j.LoggerFactory", true, loader)
                        .getMethod("getLogger", String.class)
                        .invoke(null, BINDING);
        if (!logger.getClass().getName().startsWith("ch.qos.logback.")) return;
        if (logger.getClass().getMethod("getLevel").invoke(logger) != null) return;
        final Class<?> level =
                Class.forName(
                        "ch.qos.logback.classic.Level", true, logger.getClass().getClassLoader());
        logger.getClass()
                .getMethod("setLevel", level)
                .invoke(logger, level.getField("ERROR").get(null));
    }

    /**
     * To be called after PyTorch was loaded.
     *
     * @param libraries the folder it was loaded from
     */
    static void showOnlyErrorsOfPyTorch(Path libraries) {
        if (System.getenv(NATIVE_LEVEL) != null) return;
        final Path library = libraries.resolve(System.mapLibraryName("c10"));
        if (!Files.exists(library)) return;
        try {
            NativeLibrary.getInstance(library.toString())
                    .getGlobalVariableAddress(Platform.isWindows() ? VARIABLE_ON_WINDOWS : VARIABLE)
                    .setInt(0, ERRORS);
        } catch (UnsatisfiedLinkError e) {
            LOG.log(System.Logger.Level.DEBUG, "PyTorch's messages stay as they are", e);
        }
    }
}
