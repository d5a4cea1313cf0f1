/**
 * The DeqIR commands in an ImageJ 1.x that has no SciJava layer.
 *
 * <p>In Fiji the commands of {@code org.deqir.command} register themselves. This package puts the
 * same commands, with the same names, keys and defaults, into the menus and macros of the original
 * ImageJ: {@link org.deqir.imagej1.DeqIRPlugIn} runs one command, {@link
 * org.deqir.imagej1.CommandMenu} knows them all. It is packaged as {@code plugins/DeqIR_Bridge.jar}
 * and never installed in Fiji.
 *
 * <p>{@link org.deqir.imagej1.HeadlessMacro} runs macros without a display. It needs the {@code
 * ij-headless.jar} that the build makes from ImageJ.
 */
package org.deqir.imagej1;
