/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import org.deqir.testing.MacroRunner;
import org.junit.jupiter.api.Test;

class CommandMacroTest {

    @Test
    void timing() {
        final var result =
                MacroRunner.run(
                        """
                        function go(label, size, cmd, opts) {
                          newImage("t", "32-bit noise", size, size, 1);
                          t = getTime();
                          run(cmd, opts);
                          print(label + " " + size + ": " + (getTime()-t) + " ms " + getTitle() + " " + getWidth());
                        }
                        go("denoise", 64, "DeqIR Denoise...", "model=smoother noise=gaussian sigma=20");
                        go("denoise", 64, "DeqIR Denoise...", "model=smoother noise=gaussian sigma=20");
                        go("denoise", 192, "DeqIR Denoise...", "model=smoother noise=gaussian sigma=20");
                        go("denoise", 192, "DeqIR Denoise...", "model=smoother noise=gaussian sigma=20");
                        go("deblur", 64, "DeqIR Deblur...", "blur=gaussian width=2 noise=gaussian sigma=5 model=smoother");
                        go("sr2", 32, "DeqIR Super-Resolution...", "scale=2 noise=gaussian sigma=5 model=smoother");
                        go("sr4", 16, "DeqIR Super-Resolution...", "scale=4 noise=gaussian sigma=5 model=smoother");
                        newImage("t", "32-bit noise", 64, 64, 1);
                        makeOval(10,10,8,8);
                        t = getTime();
                        run("DeqIR Inpaint...", "missing=selection model=smoother"); print("inpaint " + (getTime()-t) + getTitle());
                        newImage("t", "8-bit ramp", 64, 64, 1);
                        t = getTime();
                        run("DeqIR Colorize...", "model=smoother-rgb"); print("color " + (getTime()-t) + getTitle());
                        newImage("t", "8-bit ramp", 64, 64, 1);
                        run("DeqIR Degrade...", "operator=sensing sensing=walsh-hadamard ratio=0.5 key=3"); print(getTitle());
                        t = getTime();
                        run("DeqIR Compressed Sensing...", "model=smoother steps=5"); print("cs " + (getTime()-t) + getTitle());
                        print(getMetadata("Info"));
                        run("DeqIR Compare...", "reference=t");
                        print(nResults + " " + getResult("PSNR", 0));
                        newImage("t2", "8-bit ramp", 64, 64, 1);
                        run("DeqIR Degrade...", "operator=blur blur=gaussian width=2 noise=gaussian sigma=2");
                        run("DeqIR Deblur...", "model=smoother steps=5");
                        print(getMetadata("Info"));
                        """);
        System.out.println(result.outcome().error());
        System.out.println(result.titles());
    }
}
