/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.natives;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Platform;

/** How PyTorch's worker threads wait between pieces of work. */
public final class OpenMp {

    private static final String WAIT_POLICY = "OMP_WAIT_POLICY";

    private OpenMp() {}

    /** The part of the C library that Java has no equivalent for. */
    interface CLibrary extends Library {

        /**
         * Sets a variable of this process's environment; with overwrite 0 only if it is not set.
         */
        int setenv(String name, String value, int overwrite);
    }

    /**
     * Lets threads that wait for others sleep instead of spin. Spinning threads take the processor
     * from those they wait for as soon as anything else runs on the computer: there a call took
     * several times as long. What sleeping costs on an idle computer was not measured. Takes effect
     * only before PyTorch is loaded, and not where the user set {@code OMP_WAIT_POLICY}.
     */
    public static void letIdleThreadsSleep() {
        if (!Platform.isLinux() || System.getenv(WAIT_POLICY) != null) return;
        try {
            Native.load("c", CLibrary.class).setenv(WAIT_POLICY, "PASSIVE", 0);
        } catch (UnsatisfiedLinkError e) {
            System.getLogger(OpenMp.class.getName())
                    .log(System.Logger.Level.DEBUG, "Threads will spin while they wait", e);
        }
    }
}
