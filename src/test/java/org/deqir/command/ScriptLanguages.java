/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import org.scijava.plugin.Plugin;
import org.scijava.script.AdaptedScriptLanguage;
import org.scijava.script.ScriptLanguage;

/**
 * The script languages of Fiji's that templates are written in. Fiji's own adapters are not on
 * Maven Central; the languages are the same.
 */
final class ScriptLanguages {

    private ScriptLanguages() {}

    /** Groovy. */
    @Plugin(type = ScriptLanguage.class, name = "Groovy")
    public static class Groovy extends AdaptedScriptLanguage {
        public Groovy() {
            super("groovy");
        }
    }

    /** Jython. */
    @Plugin(type = ScriptLanguage.class, name = "Python")
    public static class Jython extends AdaptedScriptLanguage {
        public Jython() {
            super("jython");
        }
    }
}
