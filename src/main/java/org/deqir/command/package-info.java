/**
 * The commands under Plugins ▸ DeqIR: parameters in, {@link org.deqir.Restorer}, ImagePlus out.
 *
 * <p>A command declares its keys and translates them into a {@link org.deqir.Restoration}; {@link
 * org.deqir.command.base.RestorationCommand} and the classes it uses do everything that all
 * commands share: reading planes of any {@link ij.ImagePlus}, progress and cancellation, building
 * the result with the input's calibration, look-up tables and labels, provenance, and stopping a
 * macro with one clear sentence.
 */
package org.deqir.command;
