import { Button } from '@mantine/core';
import { IconTableImport } from '@tabler/icons-react';
import { Empty } from '../../ui/empty.tsx';
import styles from './table-page.module.css';

interface Props {
  mayEdit: boolean;
  onImport: () => void;
  onAddRow: () => void;
}

export function EmptyTable({ mayEdit, onImport, onAddRow }: Props) {
  return (
    <div className={styles.empty}>
      <Empty
        icon={<IconTableImport size={20} />}
        title="This table is empty"
        actions={
          mayEdit && (
            <>
              <Button variant="default" onClick={onImport}>
                Import CSV
              </Button>
              <Button variant="subtle" color="gray" onClick={onAddRow}>
                Add a row
              </Button>
            </>
          )
        }
      >
        Bring rows in from a CSV file, or begin with one by hand.
      </Empty>
    </div>
  );
}
