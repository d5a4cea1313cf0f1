/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.pytorch.jni.LibUtils;
import java.nio.file.Path;
import org.deqir.network.natives.OpenMp;

/**
 * Starts PyTorch and gives out managers of its memory.
 *
 * <p>The engine library under PyTorch's Java binding would report its use to its makers and fetch
 * missing native libraries from the network. Both are switched off before it starts, through the
 * system properties {@code OPT_OUT_TRACKING} and {@code ai.djl.offline}; who wants it otherwise
 * sets these properties (or the environment variables {@code OPT_OUT_TRACKING} and {@code
 * DJL_OFFLINE}) first.
 *
 * <p>All methods are safe to call from any thread.
 */
public final class TorchEngine {

    private static final System.Logger LOG = System.getLogger(TorchEngine.class.getName());

    private TorchEngine() {}

    /**
     * {@return a new manager of the processor's memory that owns nothing yet; the caller closes it}
     *
     * @throws IllegalStateException if PyTorch cannot start on this computer
     */
    public static NDManager newManager() {
        return newManager(ComputeDevice.CPU);
    }

    /**
     * The same for the memory of a device.
     *
     * @throws IllegalStateException if PyTorch cannot start on this computer
     */
    static NDManager newManager(ComputeDevice device) {
        return Started.ENGINE.get().newBaseManager(device.djl());
    }

    /**
     * Whether the PyTorch that is loaded can compute on a device of this computer; found out by
     * doing it.
     *
     * @throws IllegalStateException if PyTorch cannot start on this computer
     */
    static boolean canUse(ComputeDevice device) {
        Started.ENGINE.get();
        // What a library was not built for is not tried, for it may end the process.
        if (device == ComputeDevice.CUDA && !JniUtils.getFeatures().contains("CUDA")) return false;
        if (device == ComputeDevice.MPS && !System.getProperty("os.name").startsWith("Mac"))
            return false;
        try (NDManager manager = newManager(device)) {
            return manager.create(new float[] {1}).add(1).toFloatArray()[0] == 2;
        } catch (RuntimeException | LinkageError e) {
            LOG.log(System.Logger.Level.DEBUG, "There is no device " + device.label(), e);
            return false;
        }
    }

    /** Whether the processor is of the x86 family, for which PyTorch has its fast convolutions. */
    static boolean isX86() {
        return System.getProperty("os.arch").matches("amd64|x86_64");
    }

    /** The PyTorch that is loaded, as a message names it. */
    static String describeLibrary() {
        return "PyTorch "
                + Started.ENGINE.get().getVersion()
                + " ("
                + LibUtils.getLibtorchPath()
                + ")";
    }

    /**
     * Sets how many threads one network call uses.
     *
     * @param threads at least 1; PyTorch starts with the number of physical processor cores
     * @throws IllegalStateException if PyTorch cannot start on this computer
     */
    public static void setThreads(int threads) {
        if (threads < 1)
            throw new IllegalArgumentException(
                    "The number of threads must be at least 1, not " + threads + ".");
        Started.ENGINE.get();
        JniUtils.setNumThreads(threads);
    }

    /**
     * {@return how many threads one network call uses}
     *
     * @throws IllegalStateException if PyTorch cannot start on this computer
     */
    public static int threads() {
        Started.ENGINE.get();
        return JniUtils.getNumThreads();
    }

    /** Outcome of the one attempt to start PyTorch in the life of a Java process. */
    private record Started(Engine engine, String failure, Throwable cause) {

        static final Started ENGINE = start();

        Engine get() {
            if (engine == null) throw new IllegalStateException(failure, cause);
            return engine;
        }

        private static Started start() {
            OpenMp.letIdleThreadsSleep();
            EngineMessages.showOnlyErrorsOfBinding();
            setUnlessChosen("OPT_OUT_TRACKING", "OPT_OUT_TRACKING");
            setUnlessChosen("ai.djl.offline", "DJL_OFFLINE");
            final Thread thread = Thread.currentThread();
            final ClassLoader loader = thread.getContextClassLoader();
            // The binding looks for its native libraries through the thread's class loader, which
            // need not be the one that knows our jars.
            thread.setContextClassLoader(TorchEngine.class.getClassLoader());
            try {
                final Engine engine = Engine.getEngine("PyTorch");
                EngineMessages.showOnlyErrorsOfPyTorch(Path.of(LibUtils.getLibtorchPath()));
                return new Started(engine, null, null);
            } catch (EngineException | IllegalStateException | LinkageError e) {
                return new Started(null, failure(e), e);
            } finally {
                thread.setContextClassLoader(loader);
            }
        }

        private static String failure(Throwable e) {
            Throwable root = e;
            while (root.getCause() != null) root = root.getCause();
            final String reason = String.valueOf(root.getMessage());
            return "PyTorch cannot start on "
                    + System.getProperty("os.name")
                    + " "
                    + System.getProperty("os.arch")
                    + ": "
                    // What a library that is not installed would be replaced by is a download.
                    + (reason.contains("Offline mode")
                            ? "its native library for this platform is not installed"
                            : "its native library failed to load (" + reason + ")")
                    + ".";
        }

        private static void setUnlessChosen(String property, String environment) {
            if (System.getProperty(property) == null && System.getenv(environment) == null)
                System.setProperty(property, "true");
        }
    }
}
